#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace fovea {
namespace {

std::string errno_text(int code) {
  std::array<char, 256> buffer{};
  return strerror_r(code, buffer.data(), buffer.size());
}

ErrorInfo bad_file(const std::string& path, std::string what, std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = shown_path(path),
          .found = std::move(found)};
}

ErrorInfo cannot_write(const std::string& path, int code) {
  return {.kind = ErrorKind::kCannotWrite,
          .what = "cannot write: " + errno_text(code),
          .where = shown_path(path)};
}

/// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

/// Opens a regular file for reading; its size goes to `size`.
Result<int> open_regular(const std::string& path, uint64_t& size) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int code = errno;
    return bad_file(path, code == ENOENT ? "no such file" : "cannot read: " + errno_text(code));
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return bad_file(path, S_ISDIR(info.st_mode) ? "is a folder, not a file" : "is no regular file");
  }
  size = static_cast<uint64_t>(info.st_size);
  return fd;
}

// Names of files being written, so that a signal handler can remove them without locks or memory.
constexpr size_t kMaxUnfinished = 64;
constexpr size_t kMaxPath = 4096;
std::array<std::array<char, kMaxPath>, kMaxUnfinished> unfinished_names;
std::array<std::atomic<bool>, kMaxUnfinished> unfinished_used;

void remember_unfinished(const std::string& path) {
  if (path.size() >= kMaxPath) return;
  for (size_t i = 0; i < kMaxUnfinished; ++i) {
    bool expected = false;
    if (unfinished_names[i][0] == '\0' &&
        unfinished_used[i].compare_exchange_strong(expected, true)) {
      std::memcpy(unfinished_names[i].data(), path.c_str(), path.size() + 1);
      return;
    }
  }
}

void forget_unfinished(const std::string& path) {
  for (size_t i = 0; i < kMaxUnfinished; ++i) {
    if (unfinished_used[i] && path == unfinished_names[i].data()) {
      unfinished_names[i][0] = '\0';
      unfinished_used[i] = false;
      return;
    }
  }
}

}  // namespace

std::string shown_path(std::string_view path) {
  std::string out;
  for (size_t i = 0; i < path.size();) {
    const auto lead = static_cast<uint8_t>(path[i]);
    size_t length = 1;
    if (lead >= 0xf0 && lead < 0xf5) {
      length = 4;
    } else if (lead >= 0xe0) {
      length = 3;
    } else if (lead >= 0xc2) {
      length = 2;
    }
    bool valid = lead < 0x80 ? lead >= 0x20 && lead != 0x7f
                             : length > 1 && lead < 0xf5 && i + length <= path.size();
    for (size_t k = 1; valid && k < length; ++k) {
      valid = (static_cast<uint8_t>(path[i + k]) & 0xc0) == 0x80;
    }
    if (valid) {
      out.append(path.substr(i, length));
      i += length;
    } else {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += {'\\', 'x', kHex[lead >> 4], kHex[lead & 15]};
      ++i;
    }
  }
  return out;
}

Result<std::string> read_file(const std::string& path, uint64_t max_bytes) {
  uint64_t size = 0;
  const Result<int> opened = open_regular(path, size);
  if (!opened.ok()) return opened.error();
  const Descriptor file{opened.value()};
  if (size > max_bytes) {
    ErrorInfo error = bad_file(path, "the file is too large", std::to_string(size) + " bytes");
    error.expected = "at most " + std::to_string(max_bytes) + " bytes";
    return error;
  }
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(file.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return bad_file(path, "cannot read: " + errno_text(errno));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path) {
  uint64_t size = 0;
  const Result<int> opened = open_regular(path, size);
  if (!opened.ok()) return opened.error();
  const Descriptor file{opened.value()};
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(nullptr, 0));
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) return bad_file(path, "cannot map: " + errno_text(errno));
  return std::shared_ptr<const MappedFile>(
      new MappedFile(static_cast<const std::byte*>(data), size));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

FileWriter::FileWriter(std::string path, std::string beside, int descriptor)
    : path_(std::move(path)), beside_(std::move(beside)), descriptor_(descriptor) {}

FileWriter::FileWriter(FileWriter&& other) noexcept
    : path_(std::move(other.path_)),
      beside_(std::move(other.beside_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

Status check_writable(const std::string& path, Overwrite overwrite) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      return ErrorInfo{
          .kind = ErrorKind::kCannotWrite, .what = "is a folder", .where = shown_path(path)};
    }
    if (overwrite == Overwrite::kRefuse) {
      return ErrorInfo{.kind = ErrorKind::kCannotWrite,
                       .what = "the file exists",
                       .where = shown_path(path),
                       .hint = "give --force to overwrite it"};
    }
    return {};
  }
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return ErrorInfo{
        .kind = ErrorKind::kCannotWrite, .what = "no such folder", .where = shown_path(folder)};
  }
  if (::access(folder.c_str(), W_OK) != 0) return cannot_write(path, errno);
  return {};
}

Result<FileWriter> FileWriter::create(const std::string& path, Overwrite overwrite) {
  const Status writable = check_writable(path, overwrite);
  if (!writable.ok()) return writable.error();
  std::string beside = path + ".part-XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) return cannot_write(path, errno);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(fd, 0666 & ~mask);
  remember_unfinished(beside);
  return FileWriter(path, std::move(beside), fd);
}

FileWriter::~FileWriter() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(beside_.c_str());
  forget_unfinished(beside_);
}

Status FileWriter::write(std::string_view bytes) {
  return write(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

Status FileWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_write(path_, errno);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

Status FileWriter::commit() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL) return cannot_write(path_, errno);
  if (::close(std::exchange(descriptor_, -1)) != 0 ||
      ::rename(beside_.c_str(), path_.c_str()) != 0) {
    const int code = errno;
    ::unlink(beside_.c_str());
    forget_unfinished(beside_);
    return cannot_write(path_, code);
  }
  forget_unfinished(beside_);
  return {};
}

Status write_file(const std::string& path, std::string_view bytes, Overwrite overwrite) {
  Result<FileWriter> writer = FileWriter::create(path, overwrite);
  if (!writer.ok()) return writer.error();
  const Status written = writer.value().write(bytes);
  return written.ok() ? writer.value().commit() : written;
}

void remove_unfinished_files() noexcept {
  for (size_t i = 0; i < kMaxUnfinished; ++i) {
    if (unfinished_used[i] && unfinished_names[i][0] != '\0') ::unlink(unfinished_names[i].data());
  }
}

}  // namespace fovea
