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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Sends a server the same kind of requests from few and from many clients, in turns: what else the machine does meets all
 * alike. Each client sends its next request when it has read the last answer. Bodies are made before the clock starts.
 *
 * <p>Where long prompts are wanted, every number of clients has a second turn, in which one more client sends such prompts
 * again and again; and each round begins with one of them while nobody else asks.
 */
public final class LoadSuite {
    /** Each client has at least so many requests of a turn. */
    private static final int LEAST_EACH = 2;

    private final LoadTarget target;
    private final LoadKind kind;
    private final List<Integer> clients;
    private final int rounds;
    private final int requests;
    private long scene;
    private long number;

    /**
     * @param clients how many at once, in the order of their turns; the first is what the others are measured against
     * @param rounds turns of each
     * @param requests of a turn, and more where each client would have less than two
     * @param seed of the pictures; a server that was asked before must not know them
     */
    public LoadSuite(LoadTarget target, LoadKind kind, List<Integer> clients, int rounds, int requests, long seed) {
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
        this.number = seed;
    }

    /**
     * Who asks.
     *
     * @param clients how many at once
     * @param beside whether one more sends long prompts meanwhile
     */
    record Side(int clients, boolean beside) {
        @Override
        public String toString() {
            return clients + (beside ? " beside long prompts" : "");
        }
    }

    /**
     * Requests of one turn and how long they took together.
     *
     * @param seconds from the first request to the last answer
     * @param exchanges of the clients, those of the one beside them left out
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
        return 1 + rounds * sides().size();
    }

    private List<Side> sides() {
        List<Side> sides = new ArrayList<>();
        for (int count : clients) {
            sides.add(new Side(count, false));
            if (kind.longWords() > 0) {
                sides.add(new Side(count, true));
            }
        }
        return sides;
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
        turn(model, new Side(most, kind.longWords() > 0), goOn);
        Map<Side, List<Turn>> all = new LinkedHashMap<>();
        List<Exchange> alone = new ArrayList<>();
        int over = 1;
        for (int round = 0; round < rounds; round++) {
            if (kind.longWords() > 0) {
                alone.add(target.send(longPrompt(model)));
            }
            for (Side side : sides()) {
                done.accept(over++);
                Turn turn = turn(model, side, goOn);
                if (!goOn.getAsBoolean()) {
                    return Optional.empty();
                }
                all.computeIfAbsent(side, c -> new ArrayList<>()).add(turn);
            }
        }
        return Optional.of(new LoadReport(model, all, alone));
    }

    private Turn turn(String model, Side side, BooleanSupplier goOn) {
        List<String> bodies = bodies(model, Math.max(requests, LEAST_EACH * side.clients()));
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService pool = Executors.newFixedThreadPool(side.clients() + 1)) {
            try {
                if (side.beside()) {
                    pool.execute(() -> beside(model, () -> goOn.getAsBoolean() && !over.get()));
                }
                return asked(pool, side.clients(), bodies, goOn);
            } finally {
                over.set(true);
            }
        }
    }

    private Turn asked(ExecutorService pool, int count, List<String> bodies, BooleanSupplier goOn) {
        AtomicInteger next = new AtomicInteger();
        List<Exchange> exchanges = new ArrayList<>();
        long start = System.nanoTime();
        try {
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

    private void beside(String model, BooleanSupplier goOn) {
        while (goOn.getAsBoolean()) {
            target.send(longPrompt(model));
        }
    }

    /** Words that no earlier prompt began with, so that nothing of it is known to the server. */
    private synchronized String longPrompt(String model) {
        StringBuilder words = new StringBuilder("Prompt ").append(number++).append(':');
        for (int i = 1; i < kind.longWords(); i++) {
            words.append(i % 12 == 0 ? "." : " word");
        }
        return LoadTarget.body(model, words.toString(), null, 1);
    }

    private List<String> bodies(String model, int count) {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String question = kind.questions().get(i % kind.questions().size());
            bodies.add(LoadTarget.body(model, question, kind.shown() ? picture(i) : null, kind.maxTokens()));
        }
        return bodies;
    }

    private byte[] picture(int i) {
        long which = kind.pictures() == 0 ? scene++ : scene + i % kind.pictures();
        return Png.encode(Renderer.render(Scenes.generate(which, SceneOptions.defaults()), Renderer.DEFAULT_SIZE));
    }
}
