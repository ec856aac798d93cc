//! Every bound on what a message may cost, in one struct.

use serde::{Deserialize, Serialize};

/// Bounds of one message. What goes beyond one is not examined, and that is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Largest message that is fetched or parsed.
    pub message_bytes_max: u64,
    /// Header octets of the message and of each part.
    pub header_bytes_max: usize,
    /// Header fields of the message and of each part.
    pub header_fields_max: usize,
    /// Addresses in all address fields.
    pub addresses_max: usize,
    /// MIME parts, nested ones included.
    pub parts_max: usize,
    /// Depth of multiparts and enclosed messages.
    pub nesting_depth_max: usize,
    /// Decoded text of one part.
    pub text_bytes_max: usize,
    /// Findings of one message.
    pub findings_max: usize,
    /// Octets of an answer of a worker.
    pub answer_bytes_max: usize,
    /// CPU time of one message in a worker.
    pub cpu_secs_max: u64,
    /// Wall time of one message in a worker.
    pub wall_secs_max: u64,
    /// Address space of a worker.
    pub worker_bytes_max: u64,
    /// Resident memory at which a worker is retired after its message.
    pub worker_retire_bytes: u64,
    /// Messages after which a worker is retired.
    pub worker_messages_max: u32,
    /// Wall time of one document in its own process.
    pub document_secs_max: u64,
    /// Wall time of all documents of one message; processor time of the process that reads them.
    pub documents_secs_max: u64,
    /// Octets of all files that a ticket keeps of one message.
    pub files_bytes_max: usize,
    /// Bounds of one document.
    pub documents: lazaret_docs::Limits,
}

impl Default for Limits {
    fn default() -> Limits {
        const MIB: usize = 1 << 20;
        Limits {
            message_bytes_max: 35 * MIB as u64,
            header_bytes_max: MIB,
            header_fields_max: 2_000,
            addresses_max: 1_000,
            parts_max: 500,
            nesting_depth_max: 20,
            text_bytes_max: 20 * MIB,
            findings_max: 10_000,
            answer_bytes_max: 64 * MIB,
            cpu_secs_max: 10,
            wall_secs_max: 15,
            worker_bytes_max: 512 * MIB as u64,
            worker_retire_bytes: 256 * MIB as u64,
            worker_messages_max: 500,
            document_secs_max: 10,
            documents_secs_max: 20,
            files_bytes_max: 48 * MIB,
            documents: lazaret_docs::Limits::default(),
        }
    }
}
