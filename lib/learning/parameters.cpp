#include <softmech/learning/parameters.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

namespace softmech {

namespace {

// Eigen blocks its matrix products by the size of the caches, and blocks decide the rounding: the same on all machines.
[[maybe_unused]] const bool cache_sizes_are_set = [] {
  Eigen::setCpuCacheSizes(32 << 10, 1 << 20, 16 << 20);
  return true;
}();

}  // namespace

ParameterLayout::ParameterLayout(const NetworkShape& s) {
  add("embed.W_E", {s.vocabulary, s.width});
  if (s.position_code == PositionCode::learned) add("pos_embed.W_pos", {s.positions, s.width});
  const auto add_normalization = [&](const std::string& name) {
    if (s.normalization == Normalization::none) return;
    add(name + ".w", {s.width});
    if (s.normalization == Normalization::layer) add(name + ".b", {s.width});
  };
  for (std::int64_t layer = 0; layer < s.layers; ++layer) {
    const std::string block = fmt::format("blocks.{}.", layer);
    add_normalization(block + "ln1");
    for (const char* name : {"W_Q", "W_K", "W_V"}) add(block + "attn." + name, {s.heads, s.width, s.head_dim});
    add(block + "attn.W_O", {s.heads, s.head_dim, s.width});
    if (s.mlp_width == 0) continue;
    add_normalization(block + "ln2");
    add(block + "mlp.W_in", {s.width, s.mlp_width});
    add(block + "mlp.b_in", {s.mlp_width});
    add(block + "mlp.W_out", {s.mlp_width, s.width});
    add(block + "mlp.b_out", {s.width});
  }
  add_normalization("ln_final");
  add("unembed.W_U", {s.width, s.vocabulary});
}

void ParameterLayout::add(std::string name, std::vector<Eigen::Index> shape) {
  constexpr Eigen::Index alignment = 16;  // 64 bytes of single precision
  const Eigen::Index size = std::accumulate(shape.begin(), shape.end(), Eigen::Index{1}, std::multiplies<>());
  tensors_.push_back({std::move(name), std::move(shape), size_, size});
  size_ += (size + alignment - 1) / alignment * alignment;
}

const Tensor& ParameterLayout::operator[](std::string_view name) const {
  for (const Tensor& tensor : tensors_) {
    if (tensor.name == name) return tensor;
  }
  throw std::out_of_range(fmt::format("{}: this network has no such tensor", name));
}

Eigen::Index ParameterLayout::count() const {
  Eigen::Index count = 0;
  for (const Tensor& tensor : tensors_) count += tensor.size;
  return count;
}

Parameters<double> initial_parameters(const ParameterLayout& layout, const NetworkShape& shape, double scale,
                                      const std::function<RandomStream(std::string_view purpose)>& random) {
  Parameters<double> parameters = Parameters<double>::Zero(layout.size());
  for (const Tensor& tensor : layout.tensors()) {
    auto values = parameters.segment(tensor.offset, tensor.size);
    const auto leaf = std::string_view(tensor.name).substr(tensor.name.rfind('.') + 1);
    if (leaf == "w") {
      values = 1;
    } else if (leaf.starts_with("W_")) {
      const auto inputs = static_cast<double>(leaf == "W_U" ? shape.vocabulary : shape.width);
      random(tensor.name).fill_normal({values.data(), static_cast<std::size_t>(values.size())});
      values *= scale / std::sqrt(inputs);
    }
  }
  return parameters;
}

}  // namespace softmech
