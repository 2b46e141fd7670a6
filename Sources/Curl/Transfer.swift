import CCurl
import Foundation

/// One request on its way: the easy handle, the bytes that arrived, and who waits for them.
///
/// Confined to its worker's thread; libcurl's callbacks run there too.
final class Transfer {
    let id: UInt64
    let request: HTTPRequest
    let origin: String
    private let continuation: CheckedContinuation<HTTPResponse, any Error>
    let handle: UnsafeMutableRawPointer
    private let handles: EasyHandles
    private let fence: HTTPClientPool.Fence?
    private var isSound = false
    let started = ContinuousClock.now

    private(set) var wasIssued = false
    /// The one that it was started on; it may have been replaced since.
    weak var shard: CurlShard?
    /// Whether its connection ends with it.
    private(set) var isLast = false
    private(set) var isTooLarge = false
    private var wasFenced = false
    private var headers: [(name: String, value: String)] = []
    private var body: [UInt8] = []
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// - Returns: nil where libcurl has no memory for a handle; the submission is then failed by the caller.
    init?(_ submission: Submission, handles: EasyHandles, fence: HTTPClientPool.Fence?) {
        guard let handle = handles.take() else { return nil }
        self.handles = handles
        self.fence = submission.request.method == .get ? nil : fence
        id = submission.id
        request = submission.request
        origin = submission.origin
        continuation = submission.continuation
        self.handle = handle
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        configure()
    }

    /// To be called before it starts.
    func use(share: UnsafeMutableRawPointer?) {
        if let share { ima_curl_setopt_pointer(handle, CURLOPT_SHARE, share) }
    }

    /// To be called before it starts: its connection is closed after it.
    func closeAfterwards() {
        isLast = true
        set(CURLOPT_FORBID_REUSE, 1)
    }

    deinit {
        handles.giveBack(handle, isSound: isSound)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// The answer, or why there is none, to whoever waits.
    func finish(_ code: CURLcode) {
        var status = 0
        ima_curl_getinfo_long(handle, CURLINFO_RESPONSE_CODE, &status)
        if code == CURLE_OK {
            isSound = true
            continuation.resume(
                returning: HTTPResponse(status: status, headers: headers, body: body, elapsed: .now - started))
            return
        }
        if wasFenced { return fail(.fenced, "the right to write is over") }
        let text = String(cString: errorText)
        fail(
            isTooLarge ? .tooLarge : CurlError.kind(of: code),
            isTooLarge
                ? request.stream == nil
                    ? "the answer is longer than \(request.maximumBodySize) bytes" : "the answer is no longer wanted"
                : text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
    }

    func fail(_ kind: CurlError.Kind, _ message: String) {
        continuation.resume(
            throwing: CurlError(kind: kind, url: request.url, message: message, mayHaveBeenObeyed: wasIssued))
    }

    func cancel() { continuation.resume(throwing: CancellationError()) }

    private func configure() {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "https,http")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // libcurl would otherwise obey https_proxy and friends of the environment.
        set(CURLOPT_NOPROXY, "*")
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(request.connectTimeout / .milliseconds(1))))
        configureTime()
        set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        set(CURLOPT_TCP_NODELAY, 1)
        // For an address there is nothing to look up, but libcurl would go through all it remembers at each request.
        if request.isToAddress { set(CURLOPT_DNS_CACHE_TIMEOUT, -1) }
        // Redfish documents are small, and every handle has buffers of these sizes.
        set(CURLOPT_BUFFERSIZE, 4096)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384)
        if request.decodesContent { set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate") }
        set(CURLOPT_FRESH_CONNECT, request.freshConnection ? 1 : 0)
        ima_curl_setopt_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        if let path = request.unixSocket { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        configureTrust()
        if let body = request.body {
            set(CURLOPT_POSTFIELDSIZE, body.count)
            body.withUnsafeBytes { bytes in
                // libcurl copies; an empty body still needs a non-null pointer to count as one.
                _ = bytes.baseAddress.map {
                    ima_curl_setopt_pointer(handle, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0))
                }
            }
            if body.isEmpty { set(CURLOPT_COPYPOSTFIELDS, "") }
        }
        // An empty value removes a header that libcurl would add on its own.
        for (name, value) in request.headers + [("Expect", "")] {
            headerList = curl_slist_append(headerList, value.isEmpty ? "\(name):" : "\(name): \(value)")
        }
        ima_curl_setopt_list(handle, CURLOPT_HTTPHEADER, headerList)
        let this = Unmanaged.passUnretained(self).toOpaque()
        ima_curl_setopt_pointer(handle, CURLOPT_PRIVATE, this)
        ima_curl_setopt_pointer(handle, CURLOPT_WRITEDATA, this)
        ima_curl_setopt_pointer(handle, CURLOPT_HEADERDATA, this)
        ima_curl_setopt_pointer(handle, CURLOPT_PREREQDATA, this)
        ima_curl_setopt_write(handle, CURLOPT_WRITEFUNCTION) { data, size, count, user in
            Transfer.from(user)?.received(UnsafeRawBufferPointer(start: data, count: size * count)) ?? 0
        }
        ima_curl_setopt_write(handle, CURLOPT_HEADERFUNCTION) { data, size, count, user in
            Transfer.from(user)?.receivedHeader(UnsafeRawBufferPointer(start: data, count: size * count)) ?? 0
        }
        ima_curl_setopt_prereq(handle) { user, _, _, _, _ in
            // What went out before, over a kept connection that turned out dead, stays issued.
            guard let transfer = Transfer.from(user), transfer.mayGoOut() else { return CURL_PREREQFUNC_ABORT }
            transfer.wasIssued = true
            return CURL_PREREQFUNC_OK
        }
    }

    private func mayGoOut() -> Bool {
        wasFenced = fence.map { !$0() } ?? false
        return !wasFenced
    }

    private func configureTime() {
        // Otherwise a request of a process that is stopped or dead would be repeated by the kernel for a quarter of an hour.
        // A connection has the bound of the request that opened it, and time to repeat a lost packet.
        let milliseconds = max(1, Int(request.timeout / .milliseconds(1)))
        ima_curl_setopt_socket_bound(handle, UInt32(clamping: max(1000, milliseconds)))
        guard let stream = request.stream else { return set(CURLOPT_TIMEOUT_MS, milliseconds) }
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, max(1, Int(stream.silence / .seconds(1))))
        // A host that is gone says nothing, and neither does one that has nothing to say.
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 2)
        set(CURLOPT_TCP_KEEPINTVL, 1)
    }

    private func configureTrust() {
        if let identity = request.identity {
            set(CURLOPT_SSLCERT, identity.certificate)
            set(CURLOPT_SSLKEY, identity.key)
        }
        // Debian's libcurl has a default CAPATH, and with any CAPATH it reads every authority anew per connection.
        ima_curl_setopt_pointer(handle, CURLOPT_CAPATH, nil)
        switch request.tls {
        case .systemAuthorities: break
        case .authorities(let file):
            set(CURLOPT_CAINFO, file)
            // For as long as the shard lives: AuthorityFiles says when the file has changed, and a new shard is made.
            set(CURLOPT_CA_CACHE_TIMEOUT, -1)
        case .pin(let pin):
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
            set(CURLOPT_PINNEDPUBLICKEY, pin)
        case .unverified:
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    private func set(_ option: CURLoption, _ value: Int) { ima_curl_setopt_long(handle, option, value) }
    private func set(_ option: CURLoption, _ value: String) { ima_curl_setopt_string(handle, option, value) }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
        pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let stream = request.stream {
            var status = 0
            ima_curl_getinfo_long(handle, CURLINFO_RESPONSE_CODE, &status)
            if (200..<300).contains(status) {
                isTooLarge = !stream.take(Array(bytes))
                return isTooLarge ? 0 : bytes.count
            }
        }
        guard body.count + bytes.count <= request.maximumBodySize else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard headers.count < 200, bytes.count <= 16_384 else {
            isTooLarge = true
            return 0
        }
        if bytes.starts(with: "HTTP/".utf8) {
            // An interim answer (1xx) came before this one.
            headers = []
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
            let rest = bytes[(colon + 1)...].drop(while: isSpace)
            let end = rest.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? rest.startIndex
            headers.append(
                (String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: rest[..<end], as: UTF8.self)))
        }
        return bytes.count
    }
}
