#include "engine/directory/lock_note.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/directory/identity_files.hpp"
#include "engine/directory/read_file.hpp"

namespace varve::engine {

namespace {

constexpr std::string_view before_number = "segment ";
constexpr std::string_view before_uuid = " of ";
constexpr std::string_view before_checksum = " # ";
constexpr std::size_t uuid_text_size = 36;

std::string checksum_of(std::string_view text) { return std::to_string(checksum(as_bytes(text))); }

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != uuid_text_size) return std::nullopt;
  Uuid uuid{};
  std::size_t at = 0;
  for (std::byte& byte : uuid) {
    if (at < text.size() && text[at] == '-') ++at;
    unsigned value = 0;
    if (text.size() - at < 2) return std::nullopt;
    const char* const begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    byte = static_cast<std::byte>(value);
    at += 2;
  }
  return to_string(uuid) == text ? std::optional(uuid) : std::nullopt;
}

std::optional<LockNote> parse(std::string_view line) {
  // Nothing keeps a write of the file from being torn, and half of two lines may make up a third.
  const std::size_t end_of_text = line.rfind(before_checksum);
  if (!line.starts_with(before_number) || end_of_text == std::string_view::npos) {
    return std::nullopt;
  }
  if (line.substr(end_of_text + before_checksum.size()) !=
      checksum_of(line.substr(0, end_of_text))) {
    return std::nullopt;
  }
  line = line.substr(0, end_of_text);
  line.remove_prefix(before_number.size());
  LockNote note;
  const auto [end, error] =
      std::from_chars(line.data(), line.data() + line.size(), note.last_segment);
  if (error != std::errc()) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.starts_with(before_uuid)) return std::nullopt;
  const auto database = parse_uuid(line.substr(before_uuid.size()));
  if (!database) return std::nullopt;
  note.database = *database;
  if (note.last_segment > file_number_max / 2) return std::nullopt;  // Nobody comes so far.
  return note;
}

}  // namespace

std::string LockNote::to_line() const {
  const std::string text = std::string(before_number) + std::to_string(last_segment) +
                           std::string(before_uuid) + to_string(database);
  return text + std::string(before_checksum) + checksum_of(text);
}

std::optional<LockNote> LockNote::find_in(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto note = parse(text.substr(0, end))) return note;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<LockNote> read_lock_note(Directory& directory) {
  constexpr std::uint64_t size_max = 1024;
  const auto text = read_file(directory, lock_file_name, size_max);
  return text ? LockNote::find_in(as_text(*text)) : std::nullopt;
}

std::uint64_t last_segment(const std::optional<LockNote>& note, const Uuid& database) {
  return note && note->database == database ? note->last_segment : 0;
}

}  // namespace varve::engine
