package dev.fovea.server;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;

/**
 * Ends connections whose client takes too long over the head of a request: between two looks it sent something, and yet
 * no request came of it. They would cost no thread, but a connection each, for as long as the client likes.
 */
final class SlowHeads implements Connection.Listener {
    private final Map<Connection, State> open = new ConcurrentHashMap<>();

    private record State(long requests, long bytes, boolean suspect) {}

    @Override
    public void onOpened(Connection connection) {
        open.put(connection, new State(0, 0, true));
    }

    @Override
    public void onClosed(Connection connection) {
        open.remove(connection);
    }

    /** Looks at all connections, once in the time that a head may take. */
    void look() {
        Iterator<Map.Entry<Connection, State>> each = open.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<Connection, State> one = each.next();
            Connection connection = one.getKey();
            State before = one.getValue();
            long requests = connection.getMessagesIn();
            long bytes = connection.getBytesIn();
            boolean answering = requests > connection.getMessagesOut();
            boolean slow = !answering && requests == before.requests && bytes > before.bytes;
            if (slow && before.suspect) {
                each.remove();
                connection.getEndPoint().close();
            } else {
                one.setValue(new State(requests, bytes, slow || (requests == 0 && bytes == 0)));
            }
        }
    }
}
