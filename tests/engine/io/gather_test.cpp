#include "engine/io/gather.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/bytes.hpp"

namespace varve::engine {
namespace {

TEST(Gather, goes_on_in_the_middle_wherever_a_write_stopped) {
  const std::vector<ByteSpan> pieces = {as_bytes(""),   as_bytes("var"), as_bytes(""),
                                        as_bytes("ve"), as_bytes("!"),   as_bytes("")};
  for (std::size_t step = 1; step <= 6; ++step) {
    Gather gather(pieces);
    std::string written;
    for (auto batch = gather.next(); !batch.empty() && written.size() < 6; batch = gather.next()) {
      std::string given;
      for (const iovec& piece : batch) {
        given.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      }
      given.resize(std::min(given.size(), step));
      written += given;
      gather.drop(given.size());
    }
    EXPECT_EQ(written, "varve!") << "by " << step;
    EXPECT_TRUE(gather.next().empty());
  }
}

TEST(Gather, gives_no_more_pieces_than_a_call_takes) {
  const std::vector<ByteSpan> pieces(3000, as_bytes("x"));
  Gather gather(pieces);
  EXPECT_EQ(gather.next().size(), 1024u);
  gather.drop(1024);
  gather.drop(1024);
  EXPECT_EQ(gather.next().size(), 952u);
}

}  // namespace
}  // namespace varve::engine
