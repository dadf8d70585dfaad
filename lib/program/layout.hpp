// Text in columns of a terminal, counted in UTF-8 characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace softmech {

/// Lines of help and tables end before this column.
inline constexpr std::size_t page_width = 100;

/// The columns a text takes.
std::size_t columns(std::string_view text);

/// The text with blanks up to the width.
std::string padded(std::string_view text, std::size_t width);

/// The text broken at blanks to stand in the columns from `indent` to page_width; the first line comes without indent.
std::string wrapped(std::string_view text, std::size_t indent);

}  // namespace softmech
