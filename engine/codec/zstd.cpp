#include "engine/codec/zstd.hpp"

#include <zstd.h>

#include <memory>
#include <new>

namespace varve::engine {

namespace {

constexpr int level = 3;  // The last before zstd slows down by half for each percent gained.

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// A context is some 100 KB of tables to set up, so each thread keeps its own, from the first time
// on that there is memory for it.
ZSTD_CCtx* compression_context() {
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context;
  if (context == nullptr) context.reset(ZSTD_createCCtx());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

ZSTD_DCtx* decompression_context() {
  thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context;
  if (context == nullptr) context.reset(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

}  // namespace

Bytes compress(ByteSpan source) {
  Bytes target(ZSTD_compressBound(source.size()));
  const std::size_t size = ZSTD_compressCCtx(compression_context(), target.data(), target.size(),
                                             source.data(), source.size(), level);
  if (ZSTD_isError(size)) throw std::bad_alloc();  // With this bound, memory is all that can fail.
  target.resize(size);
  return target;
}

bool decompress(ByteSpan source, std::span<std::byte> target) {
  return ZSTD_decompressDCtx(decompression_context(), target.data(), target.size(), source.data(),
                             source.size()) == target.size();
}

}  // namespace varve::engine
