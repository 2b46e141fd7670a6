import PowerEvents
import Testing

@testable import Agent

struct BreachNameTests {
    private let ids = [
        "01010101-0101-4101-8101-010101010101", "01020101-0101-4101-8101-010101010101",
        "fe000000-0101-4101-8101-010101010101",
    ].compactMap { UUIDText($0) }

    @Test func theFirstCharactersAreEnough() {
        #expect(BreachName.find("fe", among: ids) == .one(ids[2]))
        #expect(BreachName.find("FE00", among: ids) == .one(ids[2]))
        #expect(BreachName.find(ids[0].text, among: ids) == .one(ids[0]))
        #expect(BreachName.find("0102", among: ids) == .one(ids[1]))
    }

    @Test func whatFitsSeveralOrNoneIsNoName() {
        #expect(BreachName.find("01", among: ids) == .several([ids[0], ids[1]]))
        #expect(BreachName.find("", among: ids) == .none)
        #expect(BreachName.find("zz", among: ids) == .none)
        let words = BreachName.objection("01", [ids[0], ids[1]])
        #expect(words.contains(ids[0].text) && words.contains(ids[1].text))
    }
}
