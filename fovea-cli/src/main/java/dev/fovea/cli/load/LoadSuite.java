package dev.fovea.cli.load;

import dev.fovea.world.Renderer;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import dev.fovea.world.export.Png;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Sends a server the same kind of requests from few and from many clients, in turns: what else the machine does meets all
 * alike. Each client sends its next request when it has read the last answer. Bodies are made before the clock starts.
 */
public final class LoadSuite {
    private final LoadTarget target;
    private final Kind kind;
    private final List<Integer> clients;
    private final int rounds;
    private final int requests;
    private long scene;

    /**
     * What is asked.
     *
     * @param questions asked one after the other
     * @param pictures different ones that are asked about: 0 for a new one each time
     * @param maxTokens longest answer
     */
    public record Kind(List<String> questions, int pictures, int maxTokens) {
        public Kind {
            questions = List.copyOf(questions);
            if (questions.isEmpty() || pictures < 0 || maxTokens < 1) {
                throw new IllegalArgumentException(
                        "There must be a question, no less than 0 pictures and answers of a token at least");
            }
        }
    }

    /**
     * @param clients how many at once, in the order of their turns; the first is what the others are measured against
     * @param rounds turns of each
     * @param requests of a turn
     * @param seed of the pictures; a server that was asked before must not know them
     */
    public LoadSuite(LoadTarget target, Kind kind, List<Integer> clients, int rounds, int requests, long seed) {
        if (clients.isEmpty() || clients.stream().anyMatch(c -> c < 1 || c > 1_024) || rounds < 1 || requests < 1) {
            throw new IllegalArgumentException(
                    "There must be 1 to 1024 clients at once, a round and a request in it at least");
        }
        this.target = target;
        this.kind = kind;
        this.clients = List.copyOf(clients);
        this.rounds = rounds;
        this.requests = requests;
        this.scene = seed;
    }

    /**
     * Requests of one turn and how long they took together.
     *
     * @param seconds from the first request to the last answer
     */
    record Turn(double seconds, List<Exchange> exchanges) {
        double requestsPerSecond() {
            return exchanges.stream().filter(e -> e.failure() == null).count() / seconds;
        }

        double tokensPerSecond() {
            return exchanges.stream().mapToInt(Exchange::tokens).sum() / seconds;
        }
    }

    /** Turns in all, that before the first round included, in which nothing is measured. */
    public int turns() {
        return 1 + rounds * clients.size();
    }

    /**
     * Runs all turns.
     *
     * @param done is told how many are over
     * @param goOn false to stop
     * @return nothing if it was stopped
     */
    public Optional<LoadReport> run(IntConsumer done, BooleanSupplier goOn) {
        String model = target.model();
        int most = clients.stream().mapToInt(Integer::intValue).max().orElse(1);
        turn(model, most, goOn);
        Map<Integer, List<Turn>> all = new LinkedHashMap<>();
        int over = 1;
        for (int round = 0; round < rounds; round++) {
            for (int count : clients) {
                done.accept(over++);
                Turn turn = turn(model, count, goOn);
                if (!goOn.getAsBoolean()) {
                    return Optional.empty();
                }
                all.computeIfAbsent(count, c -> new ArrayList<>()).add(turn);
            }
        }
        return Optional.of(new LoadReport(model, all));
    }

    private Turn turn(String model, int count, BooleanSupplier goOn) {
        List<String> bodies = bodies(model);
        AtomicInteger next = new AtomicInteger();
        List<Exchange> exchanges = new ArrayList<>();
        long start = System.nanoTime();
        try (ExecutorService pool = Executors.newFixedThreadPool(count)) {
            List<Future<List<Exchange>>> each = new ArrayList<>();
            for (int c = 0; c < count; c++) {
                each.add(pool.submit(() -> client(bodies, next, goOn)));
            }
            for (Future<List<Exchange>> one : each) {
                exchanges.addAll(one.get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("A client failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new Turn((System.nanoTime() - start) / 1e9, exchanges);
    }

    private List<Exchange> client(List<String> bodies, AtomicInteger next, BooleanSupplier goOn) {
        List<Exchange> own = new ArrayList<>();
        for (int i = next.getAndIncrement(); i < bodies.size() && goOn.getAsBoolean(); i = next.getAndIncrement()) {
            own.add(target.send(bodies.get(i)));
        }
        return own;
    }

    private List<String> bodies(String model) {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            long number = kind.pictures() == 0 ? scene++ : scene + i % kind.pictures();
            byte[] png = Png.encode(
                    Renderer.render(Scenes.generate(number, SceneOptions.defaults()), Renderer.DEFAULT_SIZE));
            String question = kind.questions().get(i % kind.questions().size());
            bodies.add(LoadTarget.body(model, question, png, kind.maxTokens()));
        }
        return bodies;
    }
}
