//! Opens the object store that a URL names; the only place that knows which drivers exist.
