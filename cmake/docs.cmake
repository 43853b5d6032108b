# SPDX-License-Identifier: MIT
# The target docs: a site of the headers and the Markdown pages, build/<folder>/docs/html/index.html, where doxygen and
# Python are found. A public name without documentation is an error, and so is a link to nowhere
find_package(Doxygen 1.9.4 QUIET)
find_package(Python3 QUIET COMPONENTS Interpreter)
if(NOT DOXYGEN_FOUND OR NOT Python3_FOUND)
  return()
endif()

set(DOXYGEN_PROJECT_NAME vantage)
set(DOXYGEN_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/docs")
set(DOXYGEN_QUIET YES)
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
set(DOXYGEN_WARN_NO_PARAMDOC NO)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_CLASS_GRAPH NO)
set(DOXYGEN_GENERATE_LATEX NO)
set(DOXYGEN_GENERATE_TREEVIEW YES)
set(DOXYGEN_HTML_TIMESTAMP NO)

# headers: their first sentence is the brief one, sections are those of CONTRIBUTING.md
set(DOXYGEN_FILE_PATTERNS *.hpp *.md *.dox)
set(DOXYGEN_STRIP_FROM_PATH "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}")
set(DOXYGEN_STRIP_FROM_INC_PATH "${PROJECT_SOURCE_DIR}/include")
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_BUILTIN_STL_SUPPORT YES)
set(DOXYGEN_EXTRACT_LOCAL_CLASSES NO)
set(DOXYGEN_EXCLUDE_SYMBOLS detail vantage::detail vantage::mujoco::detail *::detail::* X XNV MJ_M)
set(DOXYGEN_PREDEFINED mjVERSION_HEADER=337)
set(DOXYGEN_EXCLUDE "${PROJECT_SOURCE_DIR}/include/vantage/precompiled.hpp")
set(DOXYGEN_ALIASES "house{1}=^^@par \\1:^^")

# pages, and equations, which a browser draws with MathJax, from the network
set(DOXYGEN_IMAGE_PATH "${PROJECT_SOURCE_DIR}/docs")
set(DOXYGEN_TOC_INCLUDE_HEADINGS 0)
set(DOXYGEN_USE_MATHJAX YES)
set(DOXYGEN_MATHJAX_VERSION MathJax_3)
set(DOXYGEN_FILTER_PATTERNS
    "\"*.md=${Python3_EXECUTABLE} cmake/docs_markdown.py\""
    "\"*.hpp=awk -f cmake/docs_header.awk\"")
list(JOIN DOXYGEN_FILTER_PATTERNS " " DOXYGEN_FILTER_PATTERNS)
set(DOXYGEN_VERBATIM_VARS DOXYGEN_FILTER_PATTERNS)

doxygen_add_docs(docs README.md CONTRIBUTING.md CHANGELOG.md docs include WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
                 COMMENT "Writing the site, ${PROJECT_BINARY_DIR}/docs/html/index.html")
