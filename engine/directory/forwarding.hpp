#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/file_system.hpp"

// A file and a directory that do what another one does. For those that differ in a call or two.

namespace varve::engine {

class ForwardingFile : public File {
 public:
  explicit ForwardingFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  Status read_at(std::uint64_t offset, std::span<std::byte> target) const override {
    return file_->read_at(offset, target);
  }
  Status write_at(std::uint64_t offset,
                  std::span<const std::span<const std::byte>> pieces) override {
    return file_->write_at(offset, pieces);
  }
  Status truncate(std::uint64_t size) override { return file_->truncate(size); }
  Status sync() override { return file_->sync(); }
  void write_back(std::uint64_t offset, std::uint64_t size) override {
    file_->write_back(offset, size);
  }
  Result<std::uint64_t> size() const override { return file_->size(); }
  Result<std::uint64_t> links() const override { return file_->links(); }
  Status close() override { return file_->close(); }

 private:
  const std::unique_ptr<File> file_;
};

class ForwardingDirectory : public Directory {
 public:
  explicit ForwardingDirectory(std::shared_ptr<Directory> directory)
      : directory_(std::move(directory)) {}

  const std::filesystem::path& path() const override { return directory_->path(); }
  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    return directory_->open(name, mode, cause);
  }
  Result<bool> exists(const std::string& name) override { return directory_->exists(name); }
  Status remove(const std::string& name) override { return directory_->remove(name); }
  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    return directory_->rename(from, below(target), to);
  }
  Status link(const std::string& from, Directory& target, const std::string& to) override {
    return directory_->link(from, below(target), to);
  }
  Result<std::vector<std::string>> list() override { return directory_->list(); }
  Status sync() override { return directory_->sync(); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& name) override {
    return directory_->lock(name);
  }
  Result<std::optional<std::string>> locked_by(const std::string& name) override {
    return directory_->locked_by(name);
  }
  Status create_directory(const std::string& name) override {
    return directory_->create_directory(name);
  }
  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    return directory_->open_directory(name);
  }
  Result<std::uint64_t> free_bytes() override { return directory_->free_bytes(); }
  Result<bool> is_there() override { return directory_->is_there(); }

 private:
  /// What a file system knows a directory by.
  static Directory& below(Directory& directory) {
    auto* const forwarding = dynamic_cast<ForwardingDirectory*>(&directory);
    return forwarding == nullptr ? directory : *forwarding->directory_;
  }

  const std::shared_ptr<Directory> directory_;
};

}  // namespace varve::engine
