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
    ])
    func refuses(text: String) { #expect(BrokerAddress(text) == nil) }
}
