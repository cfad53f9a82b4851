package dev.fovea.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A thread takes its share of the cores, and no other notices. */
class OperationThreadsTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    void sharesAreOfOneThreadAlone() throws Exception {
        Natives.ensureLoaded();
        int here = torch.get_num_threads();
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            int all =
                    CompletableFuture.supplyAsync(torch::get_num_threads, other).get();
            OperationThreads threads =
                    CompletableFuture.supplyAsync(OperationThreads::new, other).get();
            for (int users : new int[] {2, 1, 1_000, 1}) {
                int now = CompletableFuture.supplyAsync(
                                () -> {
                                    threads.shareWith(users);
                                    return torch.get_num_threads();
                                },
                                other)
                        .get();
                assertThat(now).isEqualTo(Math.max(1, all / users));
                assertThat(torch.get_num_threads()).isEqualTo(here);
            }
        }
    }
}
