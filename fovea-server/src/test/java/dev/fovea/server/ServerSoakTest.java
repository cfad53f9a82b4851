package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A long day of one server: thousands of requests of all kinds, among them such whose clients vanish. */
@Tag("soak")
@EnabledOnOs(OS.LINUX)
class ServerSoakTest {
    private static final int REQUESTS = Integer.getInteger("soak.requests", 10_000);
    private static final int CLIENTS = 8;

    private static ObjectNode chat(int number) {
        String[] questions = {Peek.QUESTION, "Is there a star?", "Describe the picture."};
        ObjectNode request =
                number % 7 == 0 ? Peek.chat("What is a circle?") : Peek.chat(questions[number % 3], Peek.sceneUrl());
        request.put("max_tokens", 4 + number % 9).put("stream", number % 2 == 0);
        ObjectNode fovea = request.putObject("fovea");
        switch (number % 4) {
            case 0 -> fovea.put("technique", "hiprune").put("budget", 64);
            case 1 -> fovea.put("technique", "fastv").put("budget", "25%");
            default -> fovea.put("ledger", true);
        }
        if (number % 11 == 0) {
            request.putObject("response_format").put("type", "json_object");
        }
        return request;
    }

    private static void one(FoveaServer server, int number) throws IOException {
        switch (number % 10) {
            case 0 -> vanish(server, number);
            case 1 ->
                assertThat(Peek.post(server, "/v1/embeddings", "{\"input\":[\"a red circle\"]}")
                                .status())
                        .isEqualTo(200);
            case 2 ->
                assertThat(Peek.post(server, "/v1/chat/completions", "{\"messages\":[]}")
                                .status())
                        .isEqualTo(400);
            default -> {
                Peek.Reply reply = Peek.post(server, "/v1/chat/completions", chat(number));
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            }
        }
    }

    private static void vanish(FoveaServer server, int number) throws IOException {
        byte[] body = chat(number).put("max_tokens", 200).toString().getBytes(StandardCharsets.UTF_8);
        String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length + "\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            // Some leave in the middle of what they ask.
            socket.getOutputStream().write(body, 0, number % 20 == 0 ? body.length / 2 : body.length);
            socket.getOutputStream().flush();
        }
    }

    @Test
    void memoryThreadsAndFilesStayFlat() throws Exception {
        List<long[]> samples = new ArrayList<>();
        try (VisionLanguageModel model = Peek.open();
                DualEncoder clip = Peek.openClip();
                FoveaServer server = FoveaServer.start(new Served("peek", model, clip), ServerOptions.defaults());
                ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            int step = Math.max(1, REQUESTS / 50);
            for (int from = 0; from < REQUESTS; from += step) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = from; i < Math.min(REQUESTS, from + step); i++) {
                    int number = i;
                    all.add(clients.submit(() -> {
                        one(server, number);
                        return null;
                    }));
                }
                for (Future<?> each : all) {
                    each.get(120, TimeUnit.SECONDS);
                }
                samples.add(sample());
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (!Peek.get(server, "/metrics").body().contains("fovea_batch_size 0.0") && System.nanoTime() < end) {
                Thread.sleep(50);
            }
            assertThat(Peek.get(server, "/metrics").body()).contains("fovea_batch_size 0.0");
        }
        for (int i = 0; i < samples.size(); i++) {
            System.out.printf("soak: %s%n", Arrays.toString(samples.get(i)));
        }
        for (int what = 0; what < 3; what++) {
            int column = what;
            List<Long> medians = medians(samples.stream().map(s -> s[column]).toList());
            double most = column == 0 ? 1.03 : 1.25;
            assertThat((double) Collections.max(medians.subList(2, 10)))
                    .as("%s of %s", List.of("resident kB", "threads", "files").get(column), medians)
                    .isLessThan(most * medians.get(2) + column * 5);
        }
    }

    private static List<Long> medians(List<Long> samples) {
        int tenth = samples.size() / 10;
        return IntStream.range(0, 10)
                .mapToObj(i -> samples.subList(i * tenth, (i + 1) * tenth).stream()
                        .sorted()
                        .toList()
                        .get(tenth / 2))
                .toList();
    }

    /** Resident kilobytes, threads and open files of this process. */
    private static long[] sample() throws IOException {
        System.gc();
        long resident = 0;
        long threads = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            resident = line.startsWith("VmRSS:") ? Long.parseLong(line.replaceAll("\\D", "")) : resident;
            threads = line.startsWith("Threads:") ? Long.parseLong(line.replaceAll("\\D", "")) : threads;
        }
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return new long[] {resident, threads, files.count()};
        }
    }
}
