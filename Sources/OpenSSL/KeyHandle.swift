import COpenSSL

/// Owns one `EVP_PKEY`, private or public, and frees it.
///
/// OpenSSL counts the references of a key atomically, and signing or verifying only reads it, so one key may be used
/// by many threads; that is why the pointer can be shared unchecked.
final class KeyHandle: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Takes over a reference that the caller owned.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    var kind: KeyKind? {
        switch EVP_PKEY_get_base_id(pointer) {
        case EVP_PKEY_RSA: .rsa(bits: Int(EVP_PKEY_get_bits(pointer)))
        case EVP_PKEY_EC where curveName == "prime256v1": .p256
        default: nil
        }
    }

    private var curveName: String {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard EVP_PKEY_get_group_name(pointer, &name, name.count, &length) == 1 else { return "" }
        return String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// One unsigned big number of the key, padded on the left to `width` bytes where one is given.
    func bigNumber(_ parameter: String, width: Int? = nil) throws -> [UInt8] {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, parameter, &number) == 1, let number else {
            throw OpenSSLError.draining("reading \(parameter) of a key")
        }
        defer { BN_free(number) }
        let count = width ?? Int((BN_num_bits(number) + 7) / 8)
        var bytes = [UInt8](repeating: 0, count: count)
        guard BN_bn2binpad(number, &bytes, Int32(count)) == count else {
            throw OpenSSLError.draining("reading \(parameter) of a key")
        }
        return bytes
    }
}
