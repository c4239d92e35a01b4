#include "maintenance/job_files.hpp"

#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

JobFiles::~JobFiles() {
  // What cannot be removed is found as an orphan when the database is opened.
  for (const std::string& name : names_) {
    engine::if_memory_allows([&] { std::ignore = tables_.directory->remove(name); });
  }
}

Result<engine::TableWriter> JobFiles::create(std::uint32_t level) {
  const std::uint64_t number = versions_.new_file_number();
  names_.push_back(engine::table_file_name(number));
  const WriteCause cause{settings_.reason, static_cast<std::uint8_t>(level)};
  return engine::TableWriter::create(*tables_.directory, cause, number, settings_.compression,
                                     settings_.block_size);
}

void JobFiles::add(std::uint32_t level, engine::TableMeta meta, std::uint64_t given_bytes) {
  added_.push_back({level, std::move(meta)});
  given_bytes_ += given_bytes;
}

std::uint64_t JobFiles::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& added : added_) bytes += added.meta.size;
  return bytes;
}

std::uint64_t JobFiles::rows() const {
  std::uint64_t rows = 0;
  for (const auto& added : added_) rows += added.meta.rows;
  return rows;
}

Status JobFiles::sync() {
  if (added_.empty()) return {};
  return tables_.directory->sync();
}

std::list<std::string> JobFiles::hand_over() { return std::exchange(names_, {}); }

Status TableStream::make_room(std::string_view key) {
  VARVE_ASSERT(last_key_ <= key);
  if (writer_) {
    const bool same_key = key == last_key_;
    const bool full = writer_->bytes() >= table_bytes_max_;
    if ((full && (!same_key || one_key_)) || (!same_key && key_was_cut_)) {
      VARVE_CHECK(finish());
      key_was_cut_ = same_key;
    }
  }
  if (!writer_) {
    VARVE_TRY(writer_, files_.create(origin_.level));
    one_key_ = true;
  } else if (key != last_key_) {
    one_key_ = false;
  }
  last_key_.assign(key);
  return {};
}

Status TableStream::add(const engine::RowsView& rows) {
  VARVE_CHECK(make_room(rows.key));
  return writer_->add(rows);
}

Status TableStream::add(const engine::PackedRows& packed) {
  VARVE_CHECK(make_room(packed.key));
  return writer_->add(packed);
}

Status TableStream::add(const engine::StoredBlock& block,
                        const std::optional<engine::NumberStatistics>& statistics) {
  VARVE_TRY(const engine::Bytes bytes, block.table->raw_block(*block.index, block.number));
  VARVE_CHECK(make_room(block.entry().first_key));
  return writer_->add_raw_block(block.entry(), statistics, bytes);
}

Status TableStream::finish() {
  if (!writer_) return {};
  VARVE_TRY(engine::TableMeta meta, writer_->finish(newest_flush_, origin_));
  files_.add(origin_.level, std::move(meta), writer_->given_bytes());
  writer_.reset();
  key_was_cut_ = false;
  return {};
}

}  // namespace varve::maintenance
