import CCurl

/// A worker's easy handles that are between two requests. Making new ones, with their buffers, took a tenth of the
/// agent's processor time.
///
/// Confined to its worker's thread.
final class EasyHandles {
    /// More than are idle at once while requests follow each other; each keeps about 6 KB.
    private static let most = 256

    private var idle: [UnsafeMutableRawPointer] = []

    deinit { for handle in idle { curl_easy_cleanup(handle) } }

    /// - Returns: a handle as libcurl makes it; nil where libcurl has no memory for one
    func take() -> UnsafeMutableRawPointer? { idle.popLast() ?? curl_easy_init() }

    /// - Parameter isSound: whether its request came to its end; whatever else libcurl may keep of it is not relied on
    func giveBack(_ handle: UnsafeMutableRawPointer, isSound: Bool) {
        guard isSound, idle.count < Self.most else { return curl_easy_cleanup(handle) }
        // The share has to be free of it before its shard goes.
        ima_curl_setopt_pointer(handle, CURLOPT_SHARE, nil)
        curl_easy_reset(handle)
        idle.append(handle)
    }
}
