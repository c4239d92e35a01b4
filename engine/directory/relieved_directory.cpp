#include "engine/directory/relieved_directory.hpp"

#include <system_error>
#include <type_traits>
#include <utility>

#include "engine/directory/forwarding.hpp"
#include "engine/io/descriptor_limit.hpp"

namespace varve::engine {

namespace {

/// Calls that need no descriptor are passed on.
class RelievedDirectory final : public ForwardingDirectory {
 public:
  RelievedDirectory(std::shared_ptr<Directory> directory, std::function<bool()> give_back)
      : ForwardingDirectory(std::move(directory)), give_back_(std::move(give_back)) {}

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    return relieved([&] { return ForwardingDirectory::open(name, mode, cause); });
  }
  Result<std::vector<std::string>> list() override {
    return relieved([&] { return ForwardingDirectory::list(); });
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& name) override {
    return relieved([&] { return ForwardingDirectory::lock(name); });
  }
  Result<std::optional<std::string>> locked_by(const std::string& name) override {
    return relieved([&] { return ForwardingDirectory::locked_by(name); });
  }
  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    return relieved([&] { return ForwardingDirectory::open_directory(name); });
  }

 private:
  template <class Call>
  std::invoke_result_t<Call> relieved(Call call) {
    auto result = call();
    while (!result && wants_descriptor(result.error().code) && give_back_()) result = call();
    return result;
  }

  const std::function<bool()> give_back_;
};

}  // namespace

std::shared_ptr<Directory> relieved_directory(std::shared_ptr<Directory> directory,
                                              std::function<bool()> give_back) {
  return std::make_shared<RelievedDirectory>(std::move(directory), std::move(give_back));
}

}  // namespace varve::engine
