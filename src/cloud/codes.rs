//! The error tables of all products in one list, for the reference. Pure.

use super::{
    alibaba::gateway,
    code::Row,
    edas, sae,
    types::{Cloud, Product},
    volcengine,
};

/// Where the codes of a table come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A product answers a restart call with them.
    Product(Product),
    /// A product's business errors: the text stands in the message.
    Message(Product),
    /// A product answers only reads and aborts with them.
    Reads(Product),
    /// The gateway before all products of a cloud.
    Gateway(Cloud),
}

/// One error table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Where its codes come from.
    pub origin: Origin,
    /// Its lines.
    pub rows: &'static [Row],
}

/// Every error table. A product adds its own here.
pub const TABLES: &[Table] = &[
    table(Origin::Product(Product::Sae), sae::codes::CODES),
    table(Origin::Reads(Product::Sae), sae::codes::READ_CODES),
    table(Origin::Product(Product::Edas), edas::codes::CODES),
    table(Origin::Message(Product::Edas), edas::codes::REASONS),
    table(Origin::Gateway(Cloud::Alibaba), gateway::CODES),
    table(Origin::Gateway(Cloud::Alibaba), gateway::PATTERNS),
    table(
        Origin::Product(Product::Volcengine),
        volcengine::codes::CODES,
    ),
];

const fn table(origin: Origin, rows: &'static [Row]) -> Table {
    Table { origin, rows }
}
