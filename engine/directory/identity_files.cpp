#include "engine/directory/identity_files.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "engine/directory/quarantine.hpp"
#include "engine/directory/read_file.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// One of the files, where it is whole.
struct Whole {
  Identity identity;
  Bytes bytes;
};

Result<Whole> read_one(Directory& directory, const char* name) {
  // One byte more than there may be shows that there are more.
  VARVE_TRY(Bytes bytes, read_file(directory, name, Identity::encoded_size_max + 1));
  VARVE_TRY(const Identity identity, Identity::decode(bytes, name));
  return Whole{identity, std::move(bytes)};
}

/// Why neither file says what the directory is.
Error neither(const Directory& directory, const Error& first, const Error& copy) {
  const auto missing = [](const Error& error) { return error.code == Errc::not_found; };
  if (missing(first) && missing(copy)) return first;
  const auto rank = [](const Error& error) {
    if (error.code == Errc::not_found) return 0;
    if (error.code == Errc::invalid_argument) return 1;
    return error.code == Errc::corruption ? 2 : 3;  // What the system says comes first.
  };
  const Error& worse = rank(copy) > rank(first) ? copy : first;
  return {worse.code, directory.path().string() + ": " + first.where + "; " + copy.where};
}

StoredIdentity from(Whole whole, const char* bad_file, const Error& error) {
  const bool is_ours = error.code.category() == varve_category();
  const std::string what = is_ours ? error.where : error.message();
  return {whole.identity,
          std::move(whole.bytes),
          {{bad_file, what, error.code == Errc::invalid_argument}}};
}

Status write_one(Directory& directory, const char* name, ByteSpan bytes) {
  const std::string fresh = std::string(name) + ".new";
  VARVE_TRY(const bool is_left_over, directory.exists(fresh));
  if (is_left_over) VARVE_CHECK(directory.remove(fresh));

  VARVE_TRY(const std::unique_ptr<File> file,
            directory.open(fresh, OpenMode::create, {WriteReason::identity}));
  const std::array<ByteSpan, 1> pieces{bytes};
  VARVE_CHECK(file->write_at(0, pieces));
  VARVE_CHECK(file->sync());
  VARVE_CHECK(file->close());
  VARVE_CHECK(directory.rename(fresh, name));
  return directory.sync();
}

}  // namespace

Result<StoredIdentity> find_identity(Directory& directory) {
  Result<Whole> first = read_one(directory, identity_file_name);
  Result<Whole> copy = read_one(directory, identity_copy_name);
  for (const Result<Whole>* read : {&first, &copy}) {
    // What is newer is not written over by what it replaced.
    if (!*read && read->error().code == Errc::unsupported_format) {
      return std::unexpected(read->error());
    }
  }
  if (!first && !copy) return std::unexpected(neither(directory, first.error(), copy.error()));
  if (!first) return from(*std::move(copy), identity_file_name, first.error());
  if (!copy) return from(*std::move(first), identity_copy_name, copy.error());

  const Uuid& database = first->identity.database;
  if (database != copy->identity.database) {
    return fail(Errc::corruption, directory.path().string() + ": VARVE is of database " +
                                      to_string(database) + ", VARVE.copy of database " +
                                      to_string(copy->identity.database) +
                                      "; remove the one that does not belong here");
  }
  StoredIdentity stored{first->identity, std::move(first->bytes), {}};
  // As an interrupted write_identity() leaves it.
  if (copy->bytes != stored.bytes) {
    stored.bad.push_back({identity_copy_name, "VARVE.copy @ 0: not the same as VARVE"});
  }
  return stored;
}

Result<Identity> read_identity(Directory& directory) {
  VARVE_TRY(const StoredIdentity stored, find_identity(directory));
  return stored.identity;
}

Status write_identity(Directory& directory, const Identity& identity) {
  const Bytes bytes = identity.encode();
  VARVE_CHECK(write_one(directory, identity_file_name, bytes));
  return write_one(directory, identity_copy_name, bytes);
}

void heal_identity(Directory& directory, const StoredIdentity& stored, const Log& log) {
  for (const StoredIdentity::Bad& bad : stored.bad) {
    const auto write = [&]() -> Status {
      if (bad.is_foreign) VARVE_CHECK(set_aside(directory, bad.file));
      return write_one(directory, bad.file.c_str(), stored.bytes);
    };
    if (const Status written = write(); written) {
      log.warning(bad.what + "; written anew from the other copy");
    } else {
      log.warning(bad.what + "; the other copy counts, but writing it anew failed: " +
                  written.error().message());
    }
  }
}

}  // namespace varve::engine
