package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.image.NoPictures;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.language.SlidingWindows;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Language models without an encoder, against transformers, and what they say to those who show them pictures. */
class TextOnlyTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final List<String> PROMPTS = List.of("short", "turns", "long");
    private static final OpenOptions F32 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);

    @TempDir
    Path dir;

    /** Ids of prompts, logits of every greedy step, alone and together, and the text of the answer. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "text-qwen2",
                "text-qwen3",
                "text-llama",
                "text-mistral",
                "text-qwen2-window",
                "text-mistral-window",
                "text-gemma2",
                "text-gemma3"
            })
    void answersAsTheReference(String name) throws IOException {
        Path folder = GOLDEN.resolve(name);
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        try (VisionLanguageModel model = VisionLanguageModel.open(folder, F32);
                Checkpoint golden = Checkpoint.open(folder.resolve("golden.safetensors"))) {
            assertThat(model.shape().hasVision()).isFalse();
            assertThat(model.notes()).isEmpty();
            List<PathEngine.Prompt> prompts = new ArrayList<>();
            for (String prompt : PROMPTS) {
                JsonNode recorded = json.at("/prompts/" + prompt);
                Asking.Job job =
                        model.asking().job(messages(recorded.path("messages")), List.of(), "", AskOptions.defaults());
                assertThat(job.ids()).as(prompt).containsExactly(ints(recorded.path("input_ids")));
                prompts.add(new PathEngine.Prompt("", job.ids(), List.of(), PlanRun.plain(), 32));
            }
            List<PromptState> states = new ArrayList<>();
            prompts.forEach(p -> states.addAll(model.asking().engine().prefill(List.of(p))));
            states.addAll(model.asking().engine().prefill(prompts));
            follow(model, json, golden, states);
            states.forEach(PromptState::close);
            Answer answer = model.ask(
                    List.of(),
                    json.at("/prompts/short/messages/0/content").asText(),
                    AskOptions.defaults().withMaxTokens(12));
            assertThat(answer.text())
                    .isEqualTo(json.at("/prompts/short/continuation").asText().strip());
            assertThat(answer.ledger().total()).isZero();
        }
    }

    private static void follow(VisionLanguageModel model, JsonNode json, Checkpoint golden, List<PromptState> states) {
        int vocabulary = model.shape().vocabulary();
        int[] steps = PROMPTS.stream()
                .mapToInt(p -> json.at("/prompts/" + p + "/continuation_ids").size())
                .toArray();
        for (int step = 0; step < 12; step++) {
            List<PromptState> going = new ArrayList<>();
            List<int[]> next = new ArrayList<>();
            for (int i = 0; i < states.size(); i++) {
                int p = i % PROMPTS.size();
                if (step >= steps[p]) {
                    continue;
                }
                float[] logits = Tensors.floats(
                        golden.tensor("greedy." + PROMPTS.get(p) + ".logits").narrow(0, step, 1));
                float[] actual = states.get(i).logits();
                assertThat(actual).hasSize(vocabulary);
                for (int v = 0; v < vocabulary; v++) {
                    assertThat(Math.abs(actual[v] - logits[v]))
                            .as(PROMPTS.get(p) + " step " + step + " id " + v)
                            .isLessThan(1e-4f * Math.max(1, Math.abs(logits[v])));
                }
                going.add(states.get(i));
                next.add(new int[] {
                    json.at("/prompts/" + PROMPTS.get(p) + "/continuation_ids/" + step)
                            .asInt()
                });
            }
            if (!going.isEmpty()) {
                model.asking().engine().extend(going, next);
            }
        }
    }

    @Test
    void whatNeedsPicturesIsRefusedInOneSentence() {
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN.resolve("text-qwen3"), F32)) {
            RgbImage picture = RgbImage.filled(56, 56, 1, 2, 3);
            String sentence = NoPictures.SENTENCE;
            assertThatThrownBy(() -> model.ask(List.of(picture), "What is this?"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(sentence);
            AskOptions video = AskOptions.defaults().withFramesPerSecond(2);
            assertThatThrownBy(() -> model.ask(List.of(picture), "What is this?", video))
                    .hasMessage(sentence);
            assertThatThrownBy(() -> model.view(List.of(picture), AskOptions.defaults()))
                    .hasMessage(sentence);
            AskOptions pruned = AskOptions.defaults().withTechniques(List.of("hiprune"), Budget.share(0.5));
            assertThatThrownBy(() -> model.ask(List.of(), "What is this?", pruned))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Technique 'hiprune' decides about visual tokens, but this model reads text alone;"
                            + " ask without a technique.");
            assertThatThrownBy(() -> model.plan(List.of("hiprune"), Budget.share(0.5), 1))
                    .hasMessageContaining("reads text alone");
            assertThatThrownBy(() -> model.ask(
                            List.of(), "What?", AskOptions.defaults().withTechniques(List.of(), Budget.count(3))))
                    .hasMessageContaining("above the 0 visual tokens");
            assertThat(model.plan(List.of(), Budget.full(), 0).steps()).isEmpty();
            assertThat(model.ask(
                                    List.of(),
                                    "What?",
                                    AskOptions.defaults().withPlan(Plan.plain()).withMaxTokens(1))
                            .tokens())
                    .hasSize(1);
        }
    }

    @Test
    void aConversationInWords() {
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN.resolve("text-llama"), F32);
                Conversation conversation =
                        model.converse(AskOptions.defaults().withMaxTokens(3), Conversation.Policy.LOOK_AGAIN)) {
            assertThat(conversation.ask("Is there a heart?").text()).isNotNull();
            assertThat(conversation.ask("And a star?").promptTokens())
                    .isGreaterThan(conversation.messages().size());
        }
    }

    /** Which layers see how far: as the configuration says, and nothing where the window is as long as the context. */
    @ParameterizedTest
    @CsvSource({
        "text-mistral, sliding_window, 512, 512, 4",
        "text-mistral, sliding_window, 1024, 0, 0",
        "text-mistral, hidden_act, \"silu\", 0, 0",
        "text-qwen2, use_sliding_window, true, 512, 2",
        "text-qwen2, max_window_layers, 1, 0, 0",
        "text-qwen2, num_hidden_layers, 16384, 0, 0",
        "text-qwen2-window, max_window_layers, 1, 12, 2",
        "text-qwen2-window, layer_types, null, 12, 2",
        "text-qwen2-window, use_sliding_window, false, 0, 0",
        "text-llama, use_sliding_window, true, 0, 0",
    })
    void windows(String name, String key, String value, int tokens, int layers) throws IOException {
        ObjectNode config = (ObjectNode) new ObjectMapper()
                .readTree(GOLDEN.resolve(name).resolve("config.json").toFile());
        config.set(key, new ObjectMapper().readTree(value));
        SlidingWindows found = windows(config);
        assertThat(found.tokens()).isEqualTo(tokens);
        assertThat(found.layers()).hasSize(layers);
        if (name.equals("text-mistral")) {
            // A configuration that does not speak of windows has those of the class.
            config.put("max_position_embeddings", 8192).remove("sliding_window");
            assertThat(windows(config).tokens()).isEqualTo(4096);
        }
    }

    private SlidingWindows windows(ObjectNode config) throws IOException {
        Path file = dir.resolve("config.json");
        Files.writeString(file, config.toString());
        return Families.of(ModelConfig.read(file))
                .description()
                .text()
                .variant()
                .windows();
    }

    private static List<ChatMessage> messages(JsonNode all) {
        List<ChatMessage> out = new ArrayList<>();
        all.forEach(turn -> out.add(ChatMessage.of(
                turn.path("role").asText(), 0, turn.path("content").asText())));
        return out;
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
