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
constexpr std::string_view before_lost = ", lost ";
constexpr std::string_view before_checksum = " # ";
constexpr std::size_t uuid_text_size = 36;
// Nobody comes so far.
constexpr std::uint64_t segment_max = file_number_max / 2;
constexpr std::uint64_t sequence_max = std::uint64_t{1} << 62;

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

/// The number that the text begins with, and takes it off.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
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
  const auto segment = take_number(line);
  if (!segment || !line.starts_with(before_uuid)) return std::nullopt;
  line.remove_prefix(before_uuid.size());
  const auto database = parse_uuid(line.substr(0, uuid_text_size));
  if (!database) return std::nullopt;
  line.remove_prefix(uuid_text_size);
  LockNote note{*database, *segment};
  if (line.starts_with(before_lost)) {
    line.remove_prefix(before_lost.size());
    const auto lost = take_number(line);
    if (!lost) return std::nullopt;
    note.lost_through = *lost;
  }
  if (!line.empty()) return std::nullopt;
  if (note.last_segment > segment_max || note.lost_through > sequence_max) return std::nullopt;
  return note;
}

}  // namespace

std::string LockNote::to_line() const {
  std::string text = std::string(before_number) + std::to_string(last_segment) +
                     std::string(before_uuid) + to_string(database);
  if (lost_through != 0) text += std::string(before_lost) + std::to_string(lost_through);
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

LockNote note_of(const std::optional<LockNote>& note, const Uuid& database) {
  return note && note->database == database ? *note : LockNote{database};
}

}  // namespace varve::engine
