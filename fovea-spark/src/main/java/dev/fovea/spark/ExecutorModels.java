package dev.fovea.spark;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.OpenOptions.Precision;
import dev.fovea.core.SharedModel;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.eval.subject.OpenedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.spark.SparkFiles;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/**
 * The models of this JVM, which is an executor's: each is opened by the first task that needs it, shared by all that run
 * beside it, and closed when none has needed it for a while.
 */
final class ExecutorModels {
    /** Between two stages of a job a model is not opened anew. */
    private static final int IDLE_SECONDS = 60;

    private static final Map<Key, Held> HELD = new HashMap<>();
    private static final ScheduledExecutorService CLOSING = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("fovea-models").factory());

    private ExecutorModels() {}

    private record Key(Class<?> kind, String model, Precision precision) {}

    /** A model and how many tasks use it. */
    private static final class Held {
        final AutoCloseable value;
        int users;
        long leases;

        Held(AutoCloseable value) {
            this.value = value;
        }
    }

    /** Runs something when the task that this thread works on ends, also by failing or being killed. */
    static void atTaskEnd(Runnable what) {
        TaskCompletionListener listener = context -> what.run();
        TaskContext.get().addTaskCompletionListener(listener);
    }

    /** A model to ask, until this task ends. */
    static SharedModel forAsking(FoveaSpark how) {
        return lease(SharedModel.class, how, path -> SharedModel.open(path, options(how), BatchOptions.defaults()));
    }

    /** A dual encoder, until this task ends. */
    static DualEncoder forEmbedding(FoveaSpark how) {
        return lease(DualEncoder.class, how, path -> DualEncoder.open(path, how.precision()));
    }

    /** A model for contests, until this task ends. */
    static OpenedModel forContests(FoveaSpark how) {
        return lease(
                OpenedModel.class,
                how,
                path -> new OpenedModel(path.toString(), VisionLanguageModel.open(path, options(how))));
    }

    private static OpenOptions options(FoveaSpark how) {
        return OpenOptions.defaults().withPrecision(how.precision());
    }

    private static <T extends AutoCloseable> T lease(Class<T> kind, FoveaSpark how, Function<Path, T> opener) {
        Key key = new Key(kind, how.model(), how.precision());
        synchronized (HELD) {
            Held held = HELD.get(key);
            if (held == null) {
                held = new Held(opener.apply(place(how.model())));
                HELD.put(key, held);
            }
            held.users++;
            held.leases++;
            atTaskEnd(() -> release(key));
            return kind.cast(held.value);
        }
    }

    /** A path of this machine, or else what came with the application. */
    private static Path place(String model) {
        Path path = Path.of(model);
        if (Files.exists(path) || path.isAbsolute()) {
            return path;
        }
        Path sent = Path.of(SparkFiles.get(model));
        return Files.exists(sent) ? sent : path;
    }

    private static void release(Key key) {
        synchronized (HELD) {
            Held held = HELD.get(key);
            if (held != null && --held.users == 0) {
                long leases = held.leases;
                CLOSING.schedule(() -> closeIfIdle(key, leases), IDLE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    private static void closeIfIdle(Key key, long leases) {
        synchronized (HELD) {
            Held held = HELD.get(key);
            if (held == null || held.users > 0 || held.leases != leases) {
                return;
            }
            HELD.remove(key);
            try {
                held.value.close();
            } catch (Exception e) {
                throw new IllegalStateException("A model could not be closed", e);
            }
        }
    }
}
