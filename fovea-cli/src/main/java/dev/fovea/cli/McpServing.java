package dev.fovea.cli;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.SharedModel;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.mcp.FoveaMcpServer;
import dev.fovea.mcp.PictureSource;
import dev.fovea.mcp.Spending;
import dev.fovea.mcp.ToolBox;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code mcp} does. The one class here that knows the protocol's libraries, which other commands start without.
 *
 * @param port to listen on, or null for standard input
 * @param pictures the one folder from which files are read, or null
 */
record McpServing(
        Session session, @Nullable Integer port, @Nullable Path pictures) {
    private static final long LOOK_MS = 200;

    void serve(ModelOption model, PrecisionOption precision, SpendingOptions spending) throws InterruptedException {
        PictureSource source = source();
        Path folder = model.resolve(session);
        try (VisionLanguageModel opened = model.open(session, folder, precision.options());
                SharedModel shared = SharedModel.of(opened, BatchOptions.defaults())) {
            spending.check(opened, 1);
            Spending usual = new Spending(spending.techniques, spending.budget());
            serve(new ToolBox(shared, model.name(session), source, usual));
        }
    }

    private PictureSource source() {
        if (pictures != null) {
            return PictureSource.below(pictures, PictureLimits.DEFAULT);
        }
        return port == null
                ? PictureSource.anyFile(PictureLimits.DEFAULT)
                : PictureSource.dataOnly(PictureLimits.DEFAULT);
    }

    private void serve(ToolBox box) throws InterruptedException {
        try (FoveaMcpServer server = start(box)) {
            if (port != null) {
                String address = "http://127.0.0.1:" + server.port() + "/mcp";
                session.terminal().out().println(box.name() + " is ready at " + address + " (Ctrl-C stops it)");
                session.terminal().out().flush();
            }
            while (!session.interruption().requested() && !server.awaitEnd(LOOK_MS)) {
                // Neither the person nor the client has had enough.
            }
        }
    }

    private FoveaMcpServer start(ToolBox box) {
        Terminal terminal = session.terminal();
        try {
            return port == null
                    ? FoveaMcpServer.overStreams(box, Version.number(), terminal.in(), terminal.out())
                    : FoveaMcpServer.overHttp(box, Version.number(), port);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }
}
