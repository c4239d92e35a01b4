#include "engine/directory/relieved_directory.hpp"

#include <system_error>
#include <type_traits>
#include <utility>

#include "engine/io/descriptor_limit.hpp"

namespace varve::engine {

namespace {

class RelievedDirectory final : public Directory {
 public:
  RelievedDirectory(std::shared_ptr<Directory> directory, std::function<bool()> give_back)
      : directory_(std::move(directory)), give_back_(std::move(give_back)) {}

  const std::filesystem::path& path() const override { return directory_->path(); }

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    return relieved([&] { return directory_->open(name, mode, cause); });
  }
  Result<std::vector<std::string>> list() override {
    return relieved([&] { return directory_->list(); });
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& name) override {
    return relieved([&] { return directory_->lock(name); });
  }
  Result<std::optional<std::string>> locked_by(const std::string& name) override {
    return relieved([&] { return directory_->locked_by(name); });
  }
  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    return relieved([&] { return directory_->open_directory(name); });
  }

  // These need no descriptor.

  Result<bool> exists(const std::string& name) override { return directory_->exists(name); }
  Status remove(const std::string& name) override { return directory_->remove(name); }
  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    return directory_->rename(from, below(target), to);
  }
  Status link(const std::string& from, Directory& target, const std::string& to) override {
    return directory_->link(from, below(target), to);
  }
  Status sync() override { return directory_->sync(); }
  Status create_directory(const std::string& name) override {
    return directory_->create_directory(name);
  }
  Result<std::uint64_t> free_bytes() override { return directory_->free_bytes(); }
  Result<bool> is_there() override { return directory_->is_there(); }

 private:
  template <class Call>
  std::invoke_result_t<Call> relieved(Call call) {
    auto result = call();
    while (!result && wants_descriptor(result.error().code) && give_back_()) result = call();
    return result;
  }

  /// What the directory below knows a directory by.
  static Directory& below(Directory& directory) {
    auto* const outer = dynamic_cast<RelievedDirectory*>(&directory);
    return outer == nullptr ? directory : *outer->directory_;
  }

  const std::shared_ptr<Directory> directory_;
  const std::function<bool()> give_back_;
};

}  // namespace

std::shared_ptr<Directory> relieved_directory(std::shared_ptr<Directory> directory,
                                              std::function<bool()> give_back) {
  return std::make_shared<RelievedDirectory>(std::move(directory), std::move(give_back));
}

}  // namespace varve::engine
