import JOSE
import OpenSSL
import StrictJSON
import Testing

struct JOSETests {
    // RFC 7515, appendix A.3.
    static let a3 = (
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        signed:
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        signature: "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )

    // RFC 7515, appendix A.2.
    static let a2 = (
        n:
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        signed:
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        signature:
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    )

    // RFC 7520, section 3.3 (key) and 4.1 (signature).
    static let bilbo = (
        n:
            "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw",
        token:
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"
    )

    @Test func verifiesTheECDSAExampleOfRFC7515() throws {
        let key = try PublicKey(
            p256X: #require(Base64URL.decode(Self.a3.x)), y: #require(Base64URL.decode(Self.a3.y)))
        let signature = try #require(Base64URL.decode(Self.a3.signature))
        #expect(key.verifies(signature, over: Self.a3.signed.utf8))
        #expect(!key.verifies(signature, over: (Self.a3.signed + "A").utf8))
    }

    @Test func verifiesTheRSAExampleOfRFC7515() throws {
        let key = try PublicKey(rsaModulus: #require(Base64URL.decode(Self.a2.n)), exponent: [1, 0, 1])
        let signature = try #require(Base64URL.decode(Self.a2.signature))
        #expect(key.verifies(signature, over: Self.a2.signed.utf8))
    }

    @Test func verifiesTheRSAExampleOfRFC7520() throws {
        let set = try JWKSet(
            decoding: Array(
                #"{"keys":[{"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":"\#(Self.bilbo.n)","e":"AQAB"}]}"#
                    .utf8))
        let verified = try JWS.verify(Self.bilbo.token, keys: set)
        #expect(String(decoding: verified.payload, as: UTF8.self).hasPrefix("It’s a dangerous business, Frodo"))
    }

    @Test(arguments: [KeyKind.p256, .rsa(bits: 2048)])
    func verifiesWhatItSigned(kind: KeyKind) throws {
        let key = try SigningKey(PrivateKey.generate(kind), keyID: "k")
        let set = try JWKSet([key.jwk()])
        let reread = try JWKSet(decoding: set.json().bytes)
        for number in 0..<50 {
            let payload = Array("payload \(number)".utf8)
            let token = try JWS.sign(payload, with: key)
            #expect(try JWS.verify(token, keys: reread).payload == payload)
        }
    }

    @Test(arguments: [KeyKind.p256, .rsa(bits: 3072)])
    func keysSurvivePEM(kind: KeyKind) throws {
        let key = try PrivateKey.generate(kind)
        let again = try PrivateKey(pem: key.pem())
        let signature = try again.sign("x".utf8)
        #expect(signature.count == (kind == .p256 ? 64 : 384))
        #expect(try key.publicKey().verifies(signature, over: "x".utf8))
        #expect(throws: OpenSSLError.self) { try PrivateKey(pem: "no key") }
    }

    /// Tokens that must never verify, each made from a good one.
    @Test func refusesForgeries() throws {
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        let rsa = try SigningKey(PrivateKey.generate(.rsa(bits: 2048)), keyID: "r")
        let set = try JWKSet([key.jwk(), rsa.jwk()])
        let token = try JWS.sign("payload".utf8, with: key)
        let parts = token.split(separator: ".").map(String.init)
        func header(_ json: String) -> String { Base64URL.encode(json.utf8) }
        let forged = [
            "", "a.b", "a.b.c.d", token + ".", token + "=", token + " ", "\(parts[0]).\(parts[1]).",
            "\(header(#"{"alg":"none","kid":"k"}"#)).\(parts[1]).",
            "\(header(#"{"alg":"none","kid":"k"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"HS256","kid":"k"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"es256","kid":"k"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"RS256","kid":"k"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"ES256","kid":"r"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"ES256","kid":"other"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"ES256"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"ES256","kid":"k","kid":"k"}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"ES256","kid":"k","crit":["b64"],"b64":false}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"ES256","kid":"k","jwk":{}}"#)).\(parts[1]).\(parts[2])",
            "\(header(#"{"alg":"ES256","kid":"k","jku":"https://evil"}"#)).\(parts[1]).\(parts[2])",
            "\(parts[0]).\(Base64URL.encode("other".utf8)).\(parts[2])",
            "\(parts[0]).\(parts[1]).\(String(parts[2].dropLast(4)))",
            "\(parts[0]).\(parts[1]).\(Base64URL.encode([UInt8](repeating: 0, count: 64)))",
        ]
        for token in forged {
            #expect(throws: JWSError.self, "\(token)") { try JWS.verify(token, keys: set) }
        }
    }

    /// As joserfc writes one key in 128.
    @Test func aCoordinateWithoutItsLeadingZerosIsTheSameNumber() throws {
        var short: (key: SigningKey, x: [UInt8], y: [UInt8])?
        for _ in 0..<20_000 where short == nil {
            let key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
            let point = try key.jwk().publicKey.p256Point()
            if point.x.first == 0 || point.y.first == 0 { short = (key, point.x, point.y) }
        }
        let (key, x, y) = try #require(short)
        func text(_ number: [UInt8]) -> String { Base64URL.encode(number.drop { $0 == 0 }) }
        let set = try JWKSet(
            decoding: Array(
                #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(text(x))","y":"\#(text(y))"}]}"#.utf8))
        #expect(try JWS.verify(JWS.sign(Array("payload".utf8), with: key), keys: set).keyID == "k")
        let long = Base64URL.encode([0] + x)
        let tooLong = try JWKSet(
            decoding: Array(
                #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(long)","y":"\#(text(y))"}]}"#.utf8))
        #expect(tooLong.isEmpty && tooLong.skipped.map(\.keyID) == ["k"])
    }

    @Test func refusesWeakOrForeignKeys() throws {
        let weak = try PrivateKey.generate(.rsa(bits: 1024))
        #expect(throws: JWSError.self) { try SigningKey(weak, keyID: "w") }
        let numbers = try weak.publicKey().rsaNumbers()
        let sets = [
            #"{"keys":[{"kty":"RSA","kid":"w","n":"\#(Base64URL.encode(numbers.modulus))","e":"AQAB"}]}"#,
            #"{"keys":[{"kty":"EC","kid":"k","crv":"P-384","x":"AA","y":"AA"}]}"#,
            #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(Self.a3.x)","y":"\#(Self.a3.x)"}]}"#,
            #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(Self.a3.x)","y":"\#(Self.a3.y)","d":"AA"}]}"#,
            #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(Self.a3.x)","y":"\#(Self.a3.y)","use":"enc"}]}"#,
            #"{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"\#(Self.a3.x)","y":"\#(Self.a3.y)","alg":"RS256"}]}"#,
            #"{"keys":[{"kty":"oct","kid":"k","k":"AA"}]}"#, #"{"keys":[{"kty":"EC"}]}"#,
        ]
        for text in sets {
            let set = try JWKSet(decoding: Array(text.utf8))
            #expect(set.isEmpty && set.skipped.count == 1, "\(text)")
        }
        for text in ["{}", "[]", #"{"keys":{}}"#] {
            #expect(throws: JWKError.self, "\(text)") { try JWKSet(decoding: Array(text.utf8)) }
        }
        #expect(throws: (any Error).self) { try JWKSet(decoding: Array("{".utf8)) }
    }

    /// What other systems keep in their sets, in any order, spoils nothing; and of what is skipped it is said why.
    @Test func aForeignKeyDoesNotSpoilTheSet() throws {
        let good = try SigningKey(PrivateKey.generate(.p256), keyID: "good").jwk()
        let ours = try good.json().text
        let foreign = [
            ours.replacing("\"good\"", with: "\"enc\"").replacing("\"sig\"", with: "\"enc\""),
            #"{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            #"{"kty":"EC","kid":"p384","crv":"P-384","x":"AA","y":"AA"}"#,
            #"{"kty":"AKP","kid":"pq","alg":"ML-DSA-65","pub":"AA"}"#, #"{"kty":"oct","kid":"s","k":"AA"}"#,
            #"{"kty":"RSA","kid":"weak","n":"\#(String(repeating: "_", count: 171))w","e":"AQAB"}"#,
            #"{"kty":"RSA","kid":"n","n":5,"e":"AQAB"}"#, #"{"kty":"EC","crv":"P-256"}"#, "null", "7", "\"x\"", "[]",
            "{}",
            ours.replacing("\"good\"", with: "\"\""), ours.replacing("\"good\"", with: "5"),
            ours.replacing("\"sig\"", with: "7").replacing("\"good\"", with: "\"use\""),
            try SigningKey(PrivateKey.generate(.p256), keyID: "good").jwk().json().text,
        ]
        for text in foreign {
            for list in [ours + "," + text, text == foreign.last ? ours + "," + text : text + "," + ours] {
                let set = try JWKSet(decoding: Array("{\"keys\":[\(list)]}".utf8))
                #expect(set.keyIDs == ["good"], "\(text)")
                #expect(set["good"]?.isSame(as: good) == true)
                #expect(set.skipped.count == 1, "\(text)")
            }
        }
        let all = try JWKSet(decoding: Array("{\"keys\":[\(([ours, ours] + foreign).joined(separator: ","))]}".utf8))
        #expect(all.keyIDs == ["good"])
        #expect(all.skipped.count == foreign.count, "the same key twice is one")
        #expect(all.skipped.contains { $0.description == #"key "keys[10]": is no JSON object"# })
    }

    @Test(arguments: ["A", "AA=", "A A", "AB", "AAB", "A+A", "A/AA", "Ä"])
    func base64URLHasOneSpelling(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func base64URLRoundTrips() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test func aKeyCountsFromItsNbfUntilItsExp() throws {
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        var json = try #require(try key.jwk().json().object)
        json["nbf"] = 1000
        json["exp"] = 2000
        let set = try JWKSet([JWK(json: .object(json))])
        let token = try JWS.sign("x".utf8, with: key)
        for (now, isIn) in [(999, false), (1000, true), (1999, true), (2000, false)] as [(Int64, Bool)] {
            if isIn {
                #expect(try JWS.verify(token, keys: set, now: now).payload == Array("x".utf8))
            } else {
                #expect(throws: JWSError.keyNotInForce("k")) { try JWS.verify(token, keys: set, now: now) }
            }
        }
        json["exp"] = "soon"
        #expect(throws: JWKError.self) { try JWK(json: .object(json)) }
    }
}
