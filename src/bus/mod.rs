//! The lanes on which events travel, stamped with a sequence number and a time.
