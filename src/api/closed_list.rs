//! One macro for closed lists of words: an enum whose variants are their own spelling.
//!
//! Written once, because a list kept in three places (the variants, the text, the parser) is a
//! list that drifts. Nothing else belongs here.

/// Declares an enum with `ALL`, `as_str`, `parse` and `Display`; a variant's name is its text.
macro_rules! closed_list {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$doc:meta])* $word:ident ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        pub enum $name {
            $( $(#[$doc])* $word, )+
        }

        impl $name {
            /// Every value, in the order of the reference.
            pub const ALL: &'static [Self] = &[$( Self::$word ),+];

            /// The text that is stored and shown.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$word => stringify!($word), )+
                }
            }

            /// The value with exactly this text; `None` for any other text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $( stringify!($word) => Some(Self::$word), )+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(super) use closed_list;
