//! What stands on the printed pages, read back with poppler and checked with qpdf.

mod declaration;
mod hand_over;
mod letters;
mod publication;
mod slips;
mod support;
