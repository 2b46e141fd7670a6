import Curl
import Testing

@testable import Agent

struct ConnectionBudgetTests {
    private typealias Configuration = HTTPClientPool.Configuration

    @Test func whereThereIsRoomItStaysAsItWas() {
        let pool = Configuration().fitted(room: 1_000_000)
        #expect(pool.maximumConnections == 32_768)
        #expect(pool.maximumInFlight == 4096)
    }

    /// What is kept and what is open beside it are never more than there is room for.
    @Test(arguments: [64, 768, 1244, 19_744])
    func itFits(room: Int) {
        let pool = Configuration().fitted(room: room)
        #expect(pool.maximumConnections + pool.maximumPassing == room)
        #expect(pool.maximumPassing == min(room / 2, 4096))
        #expect(pool.maximumInFlight <= room)
    }

    @Test func fewerMayBeKeptThanThereIsRoomFor() {
        let pool = Configuration(maximumConnections: 1024).fitted(room: 65_000)
        #expect(pool.maximumConnections == 1024)
        #expect(pool.maximumPassing == 65_000 - 1024)
    }
}
