import Site
import Testing

/// Many names in few texts, from which the names can be had again.
struct FoldingTests {
    @Test(arguments: [
        (["dgx-a07-[01-18]"], ["dgx-a07-[01-18]"]), (["dgx-a07-[01-18]-gpu[0-7]"], ["dgx-a07-[01-18]-gpu[0-7]"]),
        (["a[07-08]-[01-03]"], ["a[07-08]-[01-03]"]), (["n1"], ["n1"]), ([], []), (["login"], ["login"]),
        (["n[1-3,5,7-8]"], ["n[1-3,5,7-8]"]), (["n3", "n1", "n2", "n1"], ["n[1-3]"]),
        // Widths: a leading zero keeps the width, and other widths are other names.
        (["n[8-11]"], ["n[8-11]"]), (["n[08-11]"], ["n[08-11]"]), (["n[098-102]"], ["n[098-102]"]),
        (["n01", "n1", "n02", "n2"], ["n[1-2,01-02]"]), (["n9", "n010"], ["n[9,010]"]), (["n[0-3]"], ["n[0-3]"]),
        // In the order of the first of each.
        (["z1", "a1", "z2", "b", "a2"], ["z[1-2]", "a[1-2]", "b"]),
        // What is no product of ranges stays several.
        (["n1-gpu[0-3]", "n2-gpu[0-1]"], ["n1-gpu[0-3]", "n2-gpu[0-1]"]),
        (["n[1-4]-gpu[0-3]", "n5-gpu[0-1]"], ["n[1-4]-gpu[0-3]", "n5-gpu[0-1]"]),
        (["https://10.20.7.[11-28]:443"], ["https://10.20.7.[11-28]:443"]),
        (["https://[fd00::1]", "https://[fd00::2]"], ["https://[fd00::1]", "https://[fd00::2]"]),
        (["s12345678901234567", "s12345678901234568"], ["s12345678901234567", "s12345678901234568"]),
        (["é1", "é2"], ["é[1-2]"]), (["1", "2"], ["[1-2]"]), (["", "a"], ["", "a"]),
    ])
    func namesAreFolded(written: [String], folded: [String]) throws {
        let names = try written.flatMap { try HostRange.expand($0) }
        #expect(HostRange.fold(names) == folded)
        // Nothing is lost, and nothing comes to it.
        #expect(try Set(HostRange.fold(names).flatMap { try HostRange.expand($0) }) == Set(names))
    }

    @Test func whatIsFoldedExpandsToItself() throws {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let names = (0..<Int.random(in: 0...40, using: &numbers)).map { _ in
                let pad = Bool.random(using: &numbers)
                let (rack, unit) = (Int.random(in: 1...3, using: &numbers), Int.random(in: 0...12, using: &numbers))
                return "r\(rack)-n\(pad && unit < 10 ? "0" : "")\(unit)\(Bool.random(using: &numbers) ? "" : "-x")"
            }
            let folded = HostRange.fold(names)
            let again = try folded.flatMap { try HostRange.expand($0) }
            #expect(Set(again) == Set(names), "\(names) became \(folded)")
            #expect(again.count == Set(names).count, "\(folded) names something twice")
        }
    }

    @Test func aLongListIsCutAndCounted() {
        #expect(HostRange.list(["a", "b", "n1", "n2", "c"], most: 2) == "a, b and 2 more")
        #expect(HostRange.list(["n1", "n2"]) == "n[1-2]")
        #expect(HostRange.list([]) == "")
    }

    @Test func aListIsNoLongerThanItsLineWhereItsFirstRangeIs() {
        let odd = (1...200).map { "a-\($0 * 7)" } + (1...200).map { "b-\($0 * 7)" }
        #expect(NameList.text(odd, width: 40).hasPrefix("a-[7,14,21,"))
        #expect(NameList.text(odd, width: 40).hasSuffix("… and 1 more"))
        #expect(NameList.text(odd, width: 40).count < 60)
        #expect(NameList.text(["n1", "n2", "x"], width: 40) == "n[1-2], x")
    }
}
