#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace varve::engine {

enum class FileKind { wal, table, manifest };

/// Numbers above are never given, so that counting on from any name cannot overflow.
inline constexpr std::uint64_t file_number_max = ~std::uint64_t{0} >> 1;

/// What the name of a numbered file says: "00000000000000000012.table".
struct NumberedFile {
  FileKind kind;
  std::uint64_t number;

  friend bool operator==(const NumberedFile&, const NumberedFile&) = default;
};

/// Nothing where the name is not of that form, exactly.
std::optional<NumberedFile> parse_file_name(std::string_view name);

}  // namespace varve::engine
