#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::engine {

enum class FileKind { wal, spare, table, manifest, manifest_copy };

/// Numbers above are never given, so that counting on from any name cannot overflow.
inline constexpr std::uint64_t file_number_max = ~std::uint64_t{0} >> 1;

/// What the name of a numbered file says: "00000000000000000012.table".
struct NumberedFile {
  FileKind kind;
  std::uint64_t number;

  friend bool operator==(const NumberedFile&, const NumberedFile&) = default;
};

/// Of 20 digits, so that names sort as numbers do.
std::string file_name(const NumberedFile& file);
/// Nothing where the name is not of that form, exactly.
std::optional<NumberedFile> parse_file_name(std::string_view name);

inline std::string segment_name(std::uint64_t number) { return file_name({FileKind::wal, number}); }
/// A file that no replay reads, to become a segment.
inline std::string spare_name(std::uint64_t number) { return file_name({FileKind::spare, number}); }
inline std::string table_file_name(std::uint64_t number) {
  return file_name({FileKind::table, number});
}
inline std::string manifest_file_name(std::uint64_t number) {
  return file_name({FileKind::manifest, number});
}
/// A manifest is two files of the same bytes.
inline std::array<std::string, 2> manifest_file_names(std::uint64_t number) {
  return {manifest_file_name(number), file_name({FileKind::manifest_copy, number})};
}

}  // namespace varve::engine
