//! Names of repositories, tags and digests, in every form people paste them.
