// Where a data set lies: what the option says, then $FOVEA_DATA, then ./data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/augment.h"
#include "data/core/dataset.h"
#include "data/core/pack.h"
#include "fovea/error.h"

namespace fovea {

enum class PlaceKind : uint8_t {
  kPack,     ///< a `.fpack` file
  kArchive,  ///< a tar, plain or compressed
  kFolder,   ///< a folder of class folders
  kListed,   ///< a folder whose labels stand in its list.csv
  kCifar,    ///< a folder with the files of an official CIFAR archive, binary or pickled
};

/// Whether a split has data of its own or is cut from the training data.
enum class SplitOrigin : uint8_t { kOwn, kHeldOutOfTrain };

/// One split of one data set, not yet opened.
struct DataPlace {
  PlaceKind kind = PlaceKind::kFolder;
  std::string path;
  std::string split;  ///< to be read: "train", "val", "test"; empty: everything there is
  SplitOrigin origin = SplitOrigin::kOwn;
};

struct FindOptions {
  std::string root;            ///< searched first; empty: nothing
  std::string environment;     ///< searched next; what $FOVEA_DATA says
  std::string local = "data";  ///< searched last
};

/// True for a pack or archive named like a split that judges ("val", "mine-valid.fpack",
/// "test.tar.xz"): asked for "val" it is taken whole, while any other file stands for training data
/// of which a part is held out.
bool is_judging_file(std::string_view path);

/// FindOptions with $FOVEA_DATA read.
FindOptions find_options(std::string root = {});

/// Finds NAME|FOLDER|TAR|PACK and, inside, the split: a folder SPLIT, SPLIT.fpack, SPLIT.tar*, the
/// files of an official CIFAR archive or the archive itself, or a tar named as its folder that
/// holds the splits. A folder without splits is "train". "val" where only "train" is found is held
/// out of it. Errors (kBadInput) list where was looked and which splits there are.
Result<DataPlace> find_data(std::string_view name, std::string_view split,
                            const FindOptions& options);

/// An error (kBadInput) where a place does not hold pictures of its own for the split that was
/// asked for: "val" that is held out of the training data, or a pack for all splits, which is
/// training data. What an archive holds is seen when it is opened (open_own_data).
Status check_own_split(const DataPlace& place, std::string_view split);

/// Opens what needs no codec: packs and the CIFAR archives' files. Anything else is kNotInBuild.
/// `hold_out` says what "val" means where the data has none of its own; the training split is
/// always whole.
/// `decoder` serves packs of encoded files.
Result<DatasetPtr> open_without_codecs(const DataPlace& place, const HoldOutOptions& hold_out,
                                       PictureDecoder decoder = {});

/// Cuts the held-out part where the place asks for it; else returns `data` itself.
DatasetPtr apply_origin(DatasetPtr data, const DataPlace& place, const HoldOutOptions& hold_out);

}  // namespace fovea
