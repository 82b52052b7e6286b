//! Lists the tree level by level and page by page, for somebody to look at.
