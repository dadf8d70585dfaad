#include <softmech/store/hdf5.hpp>

namespace softmech::hdf5 {

namespace {

constexpr unsigned tracked = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
// Attributes stay in the object header, which costs less than an indexed heap of their own.
constexpr unsigned compact_attributes = 4096;

herr_t keep_innermost(unsigned, const H5E_error2_t* error, void* text) {
  auto& message = *static_cast<std::string*>(text);
  if (message.empty() && error->desc) message = error->desc;
  return 0;
}

std::string innermost_error() {
  std::string message;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &message);
  H5Eclear2(H5E_DEFAULT);
  // HDF5 buries the system's message in a record of the call.
  const std::string_view mark = "error message = '";
  if (const auto begin = message.find(mark); begin != message.npos) {
    message.erase(0, begin + mark.size());
    message.erase(std::min(message.find('\''), message.size()));
  }
  return message;
}

hid_t dataset_creation(H5D_fill_time_t fill_time) {
  const hid_t list = check(H5Pcreate(H5P_DATASET_CREATE));
  check(H5Pset_layout(list, H5D_CONTIGUOUS));
  check(H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY));
  check(H5Pset_fill_time(list, fill_time));
  check(H5Pset_obj_track_times(list, false));
  check(H5Pset_attr_creation_order(list, tracked));
  check(H5Pset_attr_phase_change(list, compact_attributes, 0));
  return list;
}

hid_t file_creation() {
  const hid_t list = check(H5Pcreate(H5P_FILE_CREATE));
  check(H5Pset_obj_track_times(list, false));
  check(H5Pset_link_creation_order(list, tracked));
  check(H5Pset_attr_creation_order(list, tracked));
  check(H5Pset_attr_phase_change(list, compact_attributes, 0));
  return list;
}

hid_t utf8_text() {
  const hid_t type = check(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type, H5T_VARIABLE));
  check(H5Tset_cset(type, H5T_CSET_UTF8));
  return type;
}

// As H5DSattach_scale lays it out: the address of a dataset, and which of its axes uses the scale.
hid_t reference_list_element() {
  const hid_t type = check(H5Tcreate(H5T_COMPOUND, 16));
  check(H5Tinsert(type, "dataset", 0, H5T_STD_REF_OBJ));
  check(H5Tinsert(type, "dimension", 8, H5T_STD_I32LE));
  return type;
}

Constants make_constants() {
  return {.text = utf8_text(),
          .scalar = check(H5Screate(H5S_SCALAR)),
          .file_create = file_creation(),
          .number_create = dataset_creation(H5D_FILL_TIME_NEVER),
          .text_create = dataset_creation(H5D_FILL_TIME_ALLOC),
          .reference_list = reference_list_element(),
          .axis_list = check(H5Tvlen_create(H5T_STD_REF_OBJ))};
}

Handle file_access() {
  Handle list(check(H5Pcreate(H5P_FILE_ACCESS)), H5Pclose);
  check(H5Pset_fclose_degree(list, H5F_CLOSE_SEMI));
  return list;
}

}  // namespace

std::unique_lock<std::mutex> lock() {
  static std::mutex mutex;
  std::unique_lock guard(mutex);
  static const bool ready = H5dont_atexit() >= 0 && H5open() >= 0;
  if (!ready) throw StoreError("the HDF5 library cannot start; check its installation");
  // The setting belongs to a thread where HDF5 was built thread-safe.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return guard;
}

hid_t check(hid_t result) {
  if (result < 0) throw Failure(innermost_error());
  return result;
}

const Constants& constants() {
  static const Constants made = make_constants();
  return made;
}

Handle disk_access() {
  Handle list = file_access();
  check(H5Pset_file_locking(list, false, true));
  return list;
}

Handle memory_access(std::size_t increment) {
  Handle list = file_access();
  check(H5Pset_fapl_core(list, increment, false));
  return list;
}

}  // namespace softmech::hdf5
