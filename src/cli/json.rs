//! The shape of `--output json`.

/// What `--help` says about it.
pub const HELP: &str = "\
With --output json every line is one object:
  {\"repository\", \"tag\", \"digest\", \"state\": \"whole|broken|absent|unknown\", \"findings\": [
    {\"id\", \"severity\", \"object\", \"detail\", \"repairs\": []}], \"unread\": [{\"object\", \"why\"}], \"notes\": [],
   \"unhashed\", \"requests\", \"trips\"}
  tag or digest is null where there is none. object is the key of the guilty object, from
  docker/registry/v2/ on. repairs, best first, are `re-push` or names of actions. severity is one of
  pull-broken, push-broken, delete-broken, gc-broken, list-polluted, harmless; a tag is broken if it has one of
  the first two.

Exit codes:
  0   nothing worse than `harmless` was found
  1   a finding worse than `harmless` (wins over 2)
  2   nothing was found, but something could not be read, a tag is absent, or there is no registry there
  64  wrong usage, including a reference that does not parse";
