import EventBus
import Testing

struct BrokerAddressTests {
    @Test(arguments: [
        ("mqtts://bus.example.com:8883", true, "bus.example.com", 8883), ("mqtts://bus", true, "bus", 8883),
        ("mqtt://127.0.0.1", false, "127.0.0.1", 1883), ("mqtt://[::1]:1884", false, "::1", 1884),
        ("mqtts://bus:1883/", true, "bus", 1883),
    ])
    func reads(text: String, isEncrypted: Bool, host: String, port: Int) throws {
        let address = try #require(BrokerAddress(text))
        #expect(address.isEncrypted == isEncrypted)
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(arguments: [
        "", "bus:1883", "tcp://bus", "mqtt://", "mqtt://user@bus", "mqtt://bus/path", "mqtt://bus:0", "mqtt://bus:x",
        "mqtt://bus:99999", "mqtt://:1883", "mqtt://127.1", "mqtt://0x7f.1", "mqtt://127.0.0.010", "mqtt://10.0.0.300",
        "mqtt://fd00::1",
    ])
    func refuses(text: String) { #expect(BrokerAddress(text) == nil) }

    @Test(arguments: [
        ("mqtt://127.0.0.1", true), ("mqtt://localhost", true), ("mqtt://[::1]", true), ("mqtt://127.1.2.3", true),
        ("mqtt://127.evil.example.com", false), ("mqtt://localhost.evil.example", false), ("mqtt://10.0.0.1", false),
    ])
    func loopbackIsJudgedByTheAddress(text: String, isLoopback: Bool) {
        #expect(BrokerAddress(text)?.isLoopback == isLoopback)
    }
}
