package dev.fovea.core.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the cache is, and what a model is called. */
class HubCacheTest {
    @Test
    void theEnvironmentSaysWhereItIs() {
        assertThat(HubCache.of(Map.of("HOME", "/home/me")).root())
                .isEqualTo(Path.of("/home/me/.cache/huggingface/hub"));
        assertThat(HubCache.of(Map.of("HOME", "/home/me", "XDG_CACHE_HOME", "/c"))
                        .root())
                .isEqualTo(Path.of("/c/huggingface/hub"));
        assertThat(HubCache.of(Map.of("HF_HOME", "~/hf", "HOME", "/home/me")).root())
                .isEqualTo(Path.of("/home/me/hf/hub"));
        assertThat(HubCache.of(Map.of("HF_HOME", "/hf", "HF_HUB_CACHE", "/elsewhere"))
                        .root())
                .isEqualTo(Path.of("/elsewhere"));
    }

    @Test
    void namesAreRead() {
        assertThat(HubName.parse("llava-hf/llava-1.5-7b-hf").revision()).isEqualTo("main");
        assertThat(HubName.parse("a/b@refs/pr/1")).isEqualTo(new HubName("a", "b", "refs/pr/1"));
        assertThat(HubName.parse("a/b@v1")).hasToString("a/b@v1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b/c", "../x", "a/..", "a/b@../../x", "/etc/passwd", "a/b@", "a b/c", "a..b/c"})
    void otherTextsAreNoNames(String text) {
        assertThatThrownBy(() -> HubName.parse(text)).isInstanceOf(HubException.class);
    }

    @Test
    void theEndpointMustBeAnAddress() {
        assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", "mirror")))
                .hasMessageStartingWith("HF_ENDPOINT is 'mirror', which is no web address");
        assertThatThrownBy(() -> HubSettings.of(Map.of("HF_HUB_OFFLINE", "1")))
                .hasMessageStartingWith("HF_HUB_OFFLINE is set");
        assertThat(HubSettings.of(Map.of("HF_TOKEN", " t ")).token()).contains("t");
    }
}
