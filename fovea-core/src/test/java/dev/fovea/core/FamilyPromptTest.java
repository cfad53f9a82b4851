package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Slot;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From messages and pictures to token ids and answers, in families whose pictures take more than one placeholder. */
class FamilyPromptTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llava-mha",
                "llava-gqa",
                "qwen2-vl",
                "qwen2-vl-flat",
                "qwen2-5-vl",
                "qwen2-5-vl-flat",
                "qwen3-vl",
                "qwen3-vl-first",
                "idefics3",
                "smolvlm",
                "gemma3",
                "gemma3-pas",
                "paligemma2",
                "paligemma",
                "granite-docling",
                "llava-next",
                "llava-next-mistral",
                "llava-onevision",
                "llava-onevision-tied",
                "internvl",
                "internvl-large",
                "mistral3",
                "mistral3-published"
            })
    void idsAreThoseOfTheProcessor(String name) throws IOException {
        Path folder = ROOT.resolve(name);
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            for (String prompt : List.of("one_image", "two_images", "text_only")) {
                List<Shown> shown = new ArrayList<>();
                List<ChatMessage> messages =
                        messages(json.at("/prompts/" + prompt + "/messages"), folder, shown, model);
                String rendered = model.asking().template().render(messages, true);
                assertThat(rendered)
                        .isEqualTo(json.at("/prompts/" + prompt + "/rendered").asText());
                Asking.Job job = model.asking().job(messages, shown, "", AskOptions.defaults());
                assertThat(expanded(job, model))
                        .as(prompt)
                        .containsExactly(ints(json.at("/prompts/" + prompt + "/input_ids")));
            }
        }
    }

    /** Frames asked about as a video: the ids of the processor, with its words between the moments, and its answer. */
    @ParameterizedTest
    @ValueSource(strings = {"qwen2-vl", "qwen2-5-vl", "qwen3-vl", "qwen3-vl-first"})
    void aVideo(String name) throws IOException {
        Path folder = ROOT.resolve(name);
        JsonNode json = new ObjectMapper()
                .readTree(folder.resolve("golden.json").toFile())
                .path("frames");
        OpenOptions f32 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);
        try (VisionLanguageModel model = VisionLanguageModel.open(folder, f32)) {
            List<RgbImage> frames = new ArrayList<>();
            for (int i = 0; i < json.path("count").asInt(); i++) {
                frames.add(new PictureReader()
                        .read(folder.resolve("frames/" + i + ".png"))
                        .image());
            }
            AskOptions options = AskOptions.defaults().withFramesPerSecond(2).withMaxTokens(12);
            List<Shown> shown = model.asking().prepare(frames, options);
            List<ChatMessage> messages = List.of(Asking.user(shown, "What has changed?"));
            assertThat(model.asking().template().render(messages, true))
                    .isEqualTo(json.path("rendered").asText());
            Asking.Job job = model.asking().job(messages, shown, "", options);
            assertThat(expanded(job, model)).containsExactly(ints(json.path("input_ids")));

            int[] answer = ints(json.path("continuation_ids"));
            assertThat(tokens(model.ask(frames, "What has changed?", options))).containsExactly(answer);
            try (Conversation conversation = model.converse(options, Conversation.Policy.LOOK_AGAIN);
                    Viewing viewing = model.view(frames, options)) {
                assertThat(tokens(conversation.ask(frames, "What has changed?")))
                        .containsExactly(answer);
                assertThat(conversation.ask("And now?").ledger().images())
                        .hasSize(json.at("/grid/0").asInt());
                assertThat(tokens(viewing.ask("What has changed?"))).containsExactly(answer);
            }
        }
    }

    private static int[] tokens(Answer answer) {
        return answer.tokens().stream().mapToInt(Generated.Token::id).toArray();
    }

    @Test
    void videosThatCannotBeShownAreRefusedInOneSentence() {
        RgbImage frame = RgbImage.filled(84, 56, 1, 2, 3);
        AskOptions video = AskOptions.defaults().withFramesPerSecond(2);
        try (VisionLanguageModel still = VisionLanguageModel.open(ROOT.resolve("llava-mha"));
                VisionLanguageModel moving = VisionLanguageModel.open(ROOT.resolve("qwen2-5-vl"))) {
            assertThatThrownBy(() -> still.ask(List.of(frame), "What happens?", video))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("This model takes pictures, not videos; ask about single frames.");
            assertThatThrownBy(() -> moving.ask(Collections.nCopies(800, frame), "What happens?", video))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching(
                            "The prompt has \\d+ tokens, more than the 1024 that this model reads; shorten the"
                                    + " question, use fewer frames, or keep fewer visual tokens\\.");
            assertThatThrownBy(
                            () -> moving.ask(List.of(frame, RgbImage.filled(56, 84, 1, 2, 3)), "What happens?", video))
                    .hasMessageContaining("must have one size");
        }
        for (double rate : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> AskOptions.defaults().withFramesPerSecond(rate))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a positive number of frames a second");
        }
    }

    private static List<ChatMessage> messages(JsonNode all, Path folder, List<Shown> shown, VisionLanguageModel model) {
        List<ChatMessage> out = new ArrayList<>();
        List<RgbImage> pictures = new ArrayList<>();
        for (JsonNode message : all) {
            List<ChatMessage.Part> parts = new ArrayList<>();
            for (JsonNode part : message.path("content")) {
                if (part.path("type").asText().equals("image")) {
                    RgbImage picture = new PictureReader()
                            .read(folder.resolve(part.path("path").asText()))
                            .image();
                    pictures.add(picture);
                    parts.add(new ChatMessage.Image());
                } else {
                    parts.add(new ChatMessage.Text(part.path("text").asText()));
                }
            }
            out.add(new ChatMessage(message.path("role").asText(), parts));
        }
        shown.addAll(model.asking().prepare(pictures));
        return out;
    }

    /** The ids with as many placeholders for each slot as it has tokens. */
    private static int[] expanded(Asking.Job job, VisionLanguageModel model) {
        ModelShape shape = model.shape();
        List<PreparedImage> views = job.views();
        List<Integer> out = new ArrayList<>();
        int next = 0;
        for (int id : job.ids()) {
            int times = 1;
            if (model.asking().engine().model().isPlaceholder(id)
                    && job.slots().get(next++) instanceof Slot.Rows rows) {
                ModelShape own = Pictures.of(shape, views.get(rows.view()).size());
                times = rows.to() < own.gridRows() || rows.from() > 0
                        ? (Math.min(rows.to(), own.gridRows()) - rows.from()) * own.gridCols()
                        : own.visualTokens();
            }
            for (int i = 0; i < times; i++) {
                out.add(id);
            }
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
