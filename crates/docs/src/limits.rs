//! Every bound on what a document may cost, in one table.

use serde::{Deserialize, Serialize};

/// Bounds of one file with all that is in it. What goes beyond one is not examined, and that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Octets that are unpacked from archives, packages and compressed streams, all together.
    pub inflated_bytes_max: u64,
    /// Octets that one packed octet may become …
    pub inflated_ratio_max: u64,
    /// … beyond the first so many of a member, which any ratio may give.
    pub ratio_free_bytes: u64,
    /// Memory that a decoder may ask for (xz and zstd windows, 7z and PPMd models).
    pub decoder_bytes_max: u64,
    /// Members of archives, streams of compound files, parts of packages, all together.
    pub members_max: usize,
    /// Depth of a file within files: 0 is the file itself.
    pub nesting_depth_max: usize,
    /// Text of one part.
    pub text_bytes_max: usize,
    /// Text of all parts together.
    pub total_text_bytes_max: usize,
    /// Texts and opaque places.
    pub parts_max: usize,
    /// Pages of a document.
    pub pages_max: usize,
    /// Cells of all sheets together.
    pub cells_max: usize,
    /// Objects of a PDF, records of a compound file or workbook.
    pub objects_max: usize,
    /// Depth of elements, groups, arrays and dictionaries.
    pub depth_max: usize,
    /// Attributes of one element.
    pub attributes_max: usize,
    /// Pixels of a picture that is decoded to look for codes; in a larger one nobody looks for codes or letters.
    pub pixels_max: u64,
    /// Pixels of all such pictures of a file together.
    pub total_pixels_max: u64,
    /// Octets of pictures that come back with what was read, all together; 0: nobody looks at them.
    pub kept_pictures_bytes_max: usize,
    /// Passwords that are tried on one file.
    pub passwords_max: usize,
    /// Rounds of hashing that turn passwords into keys, all together: files say how many a password takes.
    pub key_rounds_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        const MIB: usize = 1 << 20;
        Limits {
            inflated_bytes_max: 200 * MIB as u64,
            inflated_ratio_max: 100,
            ratio_free_bytes: 8 * MIB as u64,
            decoder_bytes_max: 80 * MIB as u64,
            members_max: 2_000,
            nesting_depth_max: 4,
            text_bytes_max: 20 * MIB,
            total_text_bytes_max: 64 * MIB,
            parts_max: 5_000,
            pages_max: 2_000,
            cells_max: 2_000_000,
            objects_max: 200_000,
            depth_max: 200,
            attributes_max: 2_000,
            pixels_max: 40_000_000,
            total_pixels_max: 250_000_000,
            kept_pictures_bytes_max: 0,
            passwords_max: 20,
            key_rounds_max: 3_000_000,
        }
    }
}
