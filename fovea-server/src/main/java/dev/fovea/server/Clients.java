package dev.fovea.server;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Whether the client of a request is still there. Nobody reads from a connection while its request is answered, so that
 * its end would be noticed only when the answer is written; here it is looked for.
 */
final class Clients {
    private final @Nullable SocketChannel channel;
    private boolean more;
    private boolean gone;

    private Clients(@Nullable SocketChannel channel) {
        this.channel = channel;
    }

    /** The client of a request whose body has been read. */
    static Clients of(HttpServletRequest request) {
        Request core = ServletContextRequest.getServletContextRequest(request);
        Object transport =
                core.getConnectionMetaData().getConnection().getEndPoint().getTransport();
        return new Clients(transport instanceof SocketChannel socket ? socket : null);
    }

    /** Whether it has closed the connection, or its half. */
    boolean gone() {
        SocketChannel socket = channel;
        if (gone || more || socket == null) {
            return gone;
        }
        try {
            int read = socket.read(ByteBuffer.allocate(1));
            gone = read < 0;
            more = read > 0;
        } catch (IOException e) {
            gone = true;
        }
        return gone;
    }

    /**
     * Whether it has sent something before it had its answer. The connection then cannot be used for another request,
     * whose first byte is gone.
     */
    boolean sentMore() {
        return more;
    }
}
