import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

struct LoginTests {
    private static let uri = ConversationTests.uri
    private static let entry = ConversationTests.entry

    private func bmc() -> FakeBMC { FakeBMC([Self.uri: ["PowerLimitWatts": ["SetPoint": 700]]]) }

    private func kind(_ result: Result<some Any, BMCFault>) -> BMCFault.Kind? {
        if case .failure(let fault) = result { fault.kind } else { nil }
    }

    // MARK: Where a session is, and how it ends

    struct Opened: Sendable {
        var headers: [(name: String, value: String)] = []
        var body: JSONValue?
    }

    @Test(arguments: [
        Opened(headers: [("X-Auth-Token", "t"), ("Location", FakeBMC.session)]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "https://bmc.internal:8443" + FakeBMC.session)]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "http://10.0.0.1" + FakeBMC.session)]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "https://10.0.0.1:443" + FakeBMC.session)]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "//bmc" + FakeBMC.session)]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "redfish/v1/SessionService/Sessions/1")]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "Sessions/1")]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "1")]),
        Opened(headers: [("X-Auth-Token", "t")], body: ["@odata.id": .string(FakeBMC.session)]),
        Opened(headers: [("X-Auth-Token", "t")], body: ["Id": "1"]),
        Opened(headers: [("X-Auth-Token", "t")], body: ["Id": 1]),
        Opened(headers: [("X-Auth-Token", "t"), ("Location", "/redfish/v1/")], body: ["Id": "1"]),
        Opened(headers: [("Location", FakeBMC.session)], body: ["Token": "t"]),
        Opened(body: ["Id": "1", "X-Auth-Token": "t"]),
    ])
    func aSessionIsEndedHoweverItIsNamed(opened: Opened) async throws {
        let bmc = bmc()
        bmc.answerLogins(.init(status: 201, headers: opened.headers, body: opened.body))
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.get).last?.headers["X-Auth-Token"] == "t")
        await client.close()
        #expect(bmc.seen(.delete).map(\.uri) == [FakeBMC.session])
    }

    /// It is deleted in the end: what is no session must not be taken for one.
    @Test(arguments: [
        "/redfish/v1/AccountService/Accounts/1", FakeBMC.sessions, "/", "/redfish/v1/SessionService/Sessions/../x",
        "https://bmc", "javascript:Sessions/1", "..", "/redfish/v1/SessionService/Sessions/%2e%2e",
    ])
    func whatIsNoSessionIsNotEnded(location: String) {
        #expect(SessionAnswer.location(header: location, body: nil, collection: FakeBMC.sessions) == nil)
        #expect(SessionAnswer.location(header: nil, body: ["Id": ".."], collection: FakeBMC.sessions) == nil)
        #expect(SessionAnswer.location(header: nil, body: ["Id": "%2e%2e"], collection: FakeBMC.sessions) == nil)
    }

    @Test func aSessionThatCannotBeEndedIsNotUsed() async throws {
        let bmc = bmc()
        bmc.answerLogins(.init(status: 201, headers: [("X-Auth-Token", "t")]))
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.get).last?.headers["Authorization"] == "Basic dTpw")
        let obstacle = try await client.describe(Self.entry).get().sessionObstacle
        #expect(obstacle == "the BMC opens sessions without saying where to end them")
        bmc.refuseBasic()
        _ = try? await client.read(Self.entry).get()
        // Basic authentication is not good enough here, so that it is used after all.
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.get).last?.headers["X-Auth-Token"] == "t")
        #expect(bmc.seen(.post).count == 2)
    }

    @Test func aSessionWithoutATokenIsEndedAtOnce() async throws {
        let bmc = bmc()
        bmc.answerLogins(
            .init(status: 201, headers: [("Location", FakeBMC.session)], body: ["Token": "a\r\nX-Evil: b"]))
        _ = try await bmc.client.read(Self.entry).get()
        #expect(bmc.seen(.delete).map(\.uri) == [FakeBMC.session])
        #expect(bmc.seen(.get).last?.headers["Authorization"] == "Basic dTpw")
    }

    // MARK: Wrong passwords

    private static func refusal(_ status: Int, _ message: String? = nil) -> FakeBMC.Answer {
        .init(
            status: status,
            body: message.map { ["error": ["@Message.ExtendedInfo": [["MessageId": .string($0)]]]] })
    }

    @Test(arguments: [
        Self.refusal(401), Self.refusal(401, "Base.1.8.NoValidSession"),
        Self.refusal(403, "Base.1.8.InsufficientPrivilege"),
        Self.refusal(400, "Invalid username or password"), Self.refusal(403, "Base.1.8.AccountLocked"),
    ])
    func aWrongPasswordIsTriedOnce(answer: FakeBMC.Answer) async throws {
        let bmc = bmc()
        bmc.answerLogins(answer)
        let logins = LoginRecord()
        for place in 0..<3 {
            let client = bmc.client(through: bmc, logins: logins)
            for _ in 0..<3 { #expect(kind(await client.read(Self.entry)) == .unauthorized, "\(place)") }
        }
        #expect(bmc.seen(.post).count == 1)
        #expect(bmc.seen.allSatisfy { $0.headers["Authorization"] == nil })
        // Another one may be right, and an operator may ask.
        bmc.answerLogins()
        _ = try await bmc.client(through: bmc, password: "q", logins: logins).read(Self.entry).get()
        #expect(bmc.seen(.post).count == 2)
        bmc.answerLogins(answer)
        let client = bmc.client(through: bmc, logins: logins)
        #expect(kind(await client.read(Self.entry)) == .unauthorized)
        await logins.forget()
        bmc.answerLogins()
        _ = try await client.read(Self.entry).get()
    }

    /// Three connections begin at once, and none of them knows yet.
    @Test func aWrongPasswordIsTriedOnceByAllConnectionsTogether() async {
        let bmc = bmc()
        bmc.answerLogins(Self.refusal(401))
        let logins = LoginRecord()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                let client = bmc.client(through: bmc, logins: logins)
                group.addTask { _ = await client.read(Self.entry) }
            }
        }
        #expect(bmc.seen(.post).count == 1)
    }

    /// It was changed on the BMC while all had their sessions, which have run out together.
    @Test func aChangedPasswordIsTriedTwiceByAllConnectionsTogether() async throws {
        let bmc = bmc()
        let logins = LoginRecord()
        let clients = (0..<8).map { _ in bmc.client(through: bmc, logins: logins) }
        for client in clients { _ = try await client.read(Self.entry).get() }
        let before = bmc.seen(.post).count
        bmc.answerLogins(Self.refusal(401))
        for _ in clients { bmc.script(.get, .init(status: 401)) }
        await withTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { _ = await client.read(Self.entry) } }
        }
        #expect((1...2).contains(bmc.seen(.post).count - before))
    }

    /// As a BMC that has no sessions left says nothing of the password, Basic authentication does.
    @Test(arguments: [
        Self.refusal(400), Self.refusal(403), Self.refusal(503), Self.refusal(400, "Base.1.8.SessionLimitExceeded"),
    ])
    func aWrongPasswordIsSentTwiceAtMost(answer: FakeBMC.Answer) async {
        let bmc = bmc()
        bmc.answerLogins(answer)
        let client = bmc.client
        bmc.refuseBasic()
        for _ in 0..<6 { #expect(kind(await client.read(Self.entry)) == .unauthorized) }
        let basic = bmc.seen.count { $0.headers["Authorization"] != nil }
        #expect((1...2).contains(basic))
        let unexplained = [400, 403].contains(answer.status) && answer.body == nil
        #expect(basic + (unexplained ? 1 : 0) <= 2)
        let asked = bmc.seen.count
        #expect(kind(await client.read(Self.entry)) == .unauthorized)
        #expect(bmc.seen.count == asked, "nothing is sent any more")
    }

    @Test func aPasswordThatHasWorkedHasASecondChance() async {
        let record = LoginRecord()
        let start = ContinuousClock.now
        await record.worked(7)
        await record.refused(7, "no", isCertain: true, now: start)
        #expect(await record.refusal(of: 7, now: start)?.kind == .unauthorized)
        #expect(await record.refusal(of: 7, now: start + LoginRecord.backOff) == nil)
        await record.refused(7, "no", isCertain: true, now: start + LoginRecord.backOff)
        #expect(await record.refusal(of: 7, now: start + .seconds(86_400))?.message.contains("ima reload") == true)
        #expect(await record.refusal(of: 8, now: start) == nil)
    }

    @Test(arguments: [
        Self.refusal(400, "Base.1.8.SessionLimitExceeded"), Self.refusal(403, "Base.1.8.CreateLimitReachedForResource"),
        Self.refusal(400, "The maximum number of user sessions has been reached"),
        Self.refusal(403, "IDRAC.2.8.RAC0218"),
        Self.refusal(401, "Too many sessions"), Self.refusal(503, "IDRAC.2.8.RAC0218"), Self.refusal(429),
        Self.refusal(400), Self.refusal(403),
    ])
    func withoutRoomForASessionBasicIsUsed(answer: FakeBMC.Answer) async throws {
        let bmc = bmc()
        bmc.answerLogins(answer)
        let client = bmc.client
        for _ in 0..<3 { _ = try await client.read(Self.entry).get() }
        #expect(bmc.seen(.get).last?.headers["Authorization"] == "Basic dTpw")
        #expect(bmc.seen(.post).count == 1)
    }

    /// It is a matter of rights, and each login would cost a session.
    @Test func aResourceThatAlwaysAnswers401CostsOneLogin() async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        for _ in 0..<4 {
            bmc.script(.get, .init(status: 401), .init(status: 401))
            #expect(kind(await client.read(Self.entry)) == .unauthorized)
        }
        #expect(bmc.seen(.post).count == 2)
    }

    @Test func aUselessRenewalIsTriedLessAndLessOften() {
        let start = ContinuousClock.now
        var renewal = UselessRenewal(of: "/x", after: nil, now: start)
        var now = start
        for seconds in [5, 10, 20, 40, 80, 160, 300, 300] {
            #expect(renewal.covers("/x", now: now + .seconds(seconds) - .milliseconds(1)))
            #expect(!renewal.covers("/y", now: now))
            now += .seconds(seconds)
            #expect(!renewal.covers("/x", now: now))
            renewal = UselessRenewal(of: "/x", after: renewal, now: now)
        }
    }
}
