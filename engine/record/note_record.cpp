#include "engine/record/note_record.hpp"

#include <cstddef>

#include "varve/note.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

std::unexpected<Error> too_long(const std::string& what, std::size_t size, std::size_t size_max) {
  return fail(Errc::invalid_argument,
              what + " of " + std::to_string(size) + " bytes, at most " + std::to_string(size_max));
}

}  // namespace

Status check_note(std::string_view name, std::string_view bytes) {
  if (name.empty()) return fail(Errc::invalid_argument, "a note without a name");
  if (name.size() > Note::name_size_max) {
    return too_long("a note's name", name.size(), Note::name_size_max);
  }
  if (bytes.size() > Note::bytes_size_max) {
    return too_long("a note", bytes.size(), Note::bytes_size_max);
  }
  return {};
}

}  // namespace varve::engine
