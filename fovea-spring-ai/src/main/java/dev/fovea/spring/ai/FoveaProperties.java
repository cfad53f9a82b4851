package dev.fovea.spring.ai;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties below {@code spring.ai.fovea}.
 *
 * @param modelPath the folder of a checkpoint, or a GGUF file, with the only {@code mmproj*.gguf} beside it
 * @param techniques how prompts that say nothing spend their visual tokens: ids, or {@code id:knob=value}
 * @param budget visual tokens to spend: {@code 64}, {@code 25%} or {@code full}
 * @param temperature 0, the default, always takes the likeliest token
 * @param maxTokens the longest answer, in tokens
 * @param seed where sampling begins
 */
@ConfigurationProperties("spring.ai.fovea")
public record FoveaProperties(
        @Nullable Path modelPath,
        @Nullable List<String> techniques,
        @Nullable String budget,
        @Nullable Double temperature,
        @Nullable Integer maxTokens,
        @Nullable Long seed) {

    FoveaChatOptions options() {
        return FoveaChatOptions.builder()
                .techniques(techniques)
                .budget(budget)
                .temperature(temperature)
                .maxTokens(maxTokens)
                .seed(seed)
                .build();
    }
}
