/// How closely a text has to keep to RFC 8259.
public enum JSONDialect: Sendable {
    /// Closer than RFC 8259 asks, where a lenient reader could be made to disagree with another one: a repeated member is
    /// an error (RFC 7515 section 4 demands it of JWS headers), and so is invalid UTF-8. For whatever is signed, and for
    /// everybody who can be asked to write it right.
    case strict
    /// For devices that cannot be asked to write it right, and of which one bad byte must not hide the rest:
    ///
    /// | met | read as |
    /// |---|---|
    /// | bytes that are no UTF-8, half a surrogate pair | U+FFFD |
    /// | control characters within strings, unknown escapes | what they are; the character after the backslash |
    /// | a repeated member | the last one, in the place of the first |
    /// | NaN, Infinity, and numbers that are too long | the word as a string: no number, and not null either, which would say "not set" |
    /// | `+5`, `007`, `.5`, `5.` | 5, 7, 0.5, 5 |
    /// | a byte order mark; blanks and NUL around the value; a comma before a closing bracket | nothing |
    case lenient
}
