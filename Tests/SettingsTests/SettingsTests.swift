import PowerEvents
import Settings
import Testing

struct SettingsTests {
    @Test(arguments: [
        ("30s", Duration.seconds(30)), ("5m", .seconds(300)), ("3h", .seconds(10_800)), ("250ms", .milliseconds(250)),
        ("1.5s", .milliseconds(1500)), ("0", .zero), ("2d", .seconds(172_800)),
    ])
    func readsDurations(text: String, expected: Duration) { #expect(Quantities.duration(text) == expected) }

    @Test(arguments: ["", "30", "s", "-1s", "1 year", "1e3s", "٣s", "999999999999999d"])
    func refusesDurations(text: String) { #expect(Quantities.duration(text) == nil) }

    @Test func readsPowersSharesAndSizes() {
        #expect(Quantities.power("12.5kW") == Watts(12_500))
        #expect(Quantities.power("700W") == Watts(700))
        #expect(Quantities.power("700") == nil)
        #expect(Quantities.share("12.5%")?.basisPoints == 1250)
        #expect(Quantities.share("101%") == nil)
        #expect(Quantities.byteCount("1MiB") == 1 << 20)
        #expect(Quantities.text(.seconds(90)) == "90s")
        #expect(Quantities.text(.seconds(7200)) == "2h")
    }

    private func problems(_ yaml: String, _ read: (Setting) -> Void) -> [Problem] {
        let collector = ProblemCollector()
        if let setting = SettingsFile.parse(yaml, file: "f.yaml", environment: ["NAME": "value"], problems: collector) {
            read(setting)
        }
        return collector.all
    }

    @Test func namesUnknownKeysWithTheirLine() {
        let found = problems("a: 1\nholddown: 2\n") { _ = $0.members(["a", "hold_down"]) }
        #expect(found.map(\.description) == ["f.yaml:2: holddown: is not a known key; did you mean hold_down?"])
    }

    @Test func namesRepeatedKeysWithTheirLine() {
        let found = problems("a: 1\nb: 2\na: 3\n") { _ in }
        #expect(found.map(\.line) == [3])
    }

    @Test func brokenYAMLIsOneProblem() {
        let found = problems("a: [1, 2\nb: }") { _ in }
        #expect(found.count == 1)
        #expect(found[0].line != nil)
    }

    @Test func replacesFromTheEnvironment() {
        let found = problems("a: x-${NAME}\nb: ${MISSING}\n") { setting in
            let members = setting.members(["a", "b"])
            #expect(members["a"]?.string() == "x-value")
            #expect(members["b"]?.string() == nil)
        }
        #expect(found.map(\.description) == ["f.yaml:2: b: the environment has no MISSING"])
    }

    /// Empty never means everything: it is told once, and not also as missing.
    @Test(arguments: [
        "a:\nb: 1\n", "a: ~\nb: 1\n", "a: null\nb: 1\n", "a:   # all of it\n  # - is commented out\nb: 1\n",
    ])
    func aKeyWithoutValueIsAProblem(yaml: String) {
        let found = problems(yaml) { setting in
            let members = setting.members(["a", "b"])
            #expect(members["a"] == nil && members.required("a", of: setting) == nil)
            #expect(members.hasValueless(["a"]) && !members.hasValueless(["b"]))
            #expect(members["b"]?.int(0...5) == 1)
        }
        #expect(
            found.map(\.description) == [
                "f.yaml:1: a: has no value; write one, or take the key out to have its default"
            ])
    }

    @Test func namesAndElementsWithoutValueAreProblems() {
        let found = problems("names:\n  x:\n  y: 1\nlist:\n  - 1\n  - ~\n") { setting in
            let members = setting.members(["names", "list"])
            #expect(members["names"]?.namedEntries().map(\.name) == ["y"])
            #expect(members["list"]?.elements().map(\.key) == ["list[0]"])
        }
        #expect(found.map(\.key) == ["names.x", "list[1]"])
        #expect(found.map(\.line) == [2, 6])
    }

    /// What is written as empty is a value.
    @Test func anEmptyTextAndAnEmptyListAreValues() {
        let found = problems("a: ''\nb: []\nc: {}\nd: \"null\"\n") { setting in
            let members = setting.members(["a", "b", "c", "d"])
            #expect(members["a"]?.string() == "" && members["d"]?.string() == "null")
            #expect(members["b"]?.elements().isEmpty == true && members["c"]?.namedEntries().isEmpty == true)
        }
        #expect(found.isEmpty)
    }
}
