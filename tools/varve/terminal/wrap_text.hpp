#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace varve::tools {

/// Breaks a text at blanks, so that no line is wider than `columns`; a word that is wider stays
/// whole. Lines after the first begin with `indent` blanks; the first one begins at column `begin`,
/// where something stands before it. No line break at the end.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent = 0,
                    std::size_t begin = 0);

/// "  --format FORMAT    csv, lp or ndjson": an entry of a list, its text in a column of its own,
/// or where the term reaches into that on the next line. Ends in a line break.
std::string list_entry(std::string_view term, std::string_view text, std::size_t text_column,
                       std::size_t columns);

/// Wraps a page of help that was written for some width. Lines that begin at its edge are one
/// paragraph, up to an empty line or one that ends in a colon. An indented line with a wide blank
/// in it is an entry of a list, and goes on in lines that begin where its text does. What else is
/// indented, commands above all, stays as it is.
std::string wrapped_page(std::string_view page, std::size_t columns);

}  // namespace varve::tools
