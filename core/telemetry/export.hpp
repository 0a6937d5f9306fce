// A file of history, handed out piece by piece: series by series, each in order of time, so that the place where the
// next piece begins is a series and a time, and nothing is held open in between.
#pragma once
#include "telemetry/answers.hpp"

namespace robohub::telemetry {

class FileExport final : public Export, public std::enable_shared_from_this<FileExport> {
 public:
  FileExport(Shared& shared, ReadingThread& thread, ExportQuery query)
      : shared_(shared), thread_(thread), query_(std::move(query)) {}
  void next(std::function<void(Result<Piece>)> done) override;

 private:
  // [the thread of exports]
  Result<Piece> read(Reader& reader);
  Status begin(Reader& reader);
  Status rows(Reader& reader, const Numbered& series, std::string& text, bool& more);

  Shared& shared_;
  ReadingThread& thread_;
  ExportQuery query_;
  bool begun_ = false;
  Level level_ = Level::raw;
  std::vector<Numbered> series_;
  std::size_t at_ = 0;        // of series_
  std::int64_t from_ms_ = 0;  // of the next row of that series
};

}  // namespace robohub::telemetry
