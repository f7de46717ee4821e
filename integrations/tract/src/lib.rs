//! ONNX's `Selu` and `Elu` in tract, computed by the kernels of the crate.
//!
//! ```
//! # fn main() -> tract_onnx::prelude::TractResult<()> {
//! use tract_onnx::prelude::*;
//!
//! let mut onnx = tract_onnx::onnx();
//! selu_tract::register(&mut onnx);
//! let model = onnx.model_for_path("models/activations-f32.onnx")?.into_optimized()?;
//! let y = model.into_runnable()?.run(tvec!(tensor1(&[-1e-8_f32, 1.0]).into()))?;
//! assert_eq!(*y[0], tensor1(&[-1.7580993e-8_f32, 1.050701]));
//! # Ok(())
//! # }
//! ```

use selu::ScaledElu;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::*;

/// Replaces `Selu` and `Elu` for the models that `onnx` will read.
///
/// The constants are those of the model, or those that ONNX prescribes where it names none: the
/// `f32` next to α and λ. They keep their digits for `f64` and `f16`; in `f16` the values are
/// computed in `f32`, and rounded.
pub fn register(onnx: &mut tract_onnx::Onnx) {
    onnx.op_register.insert("Selu", selu);
    onnx.op_register.insert("Elu", elu);
}

fn selu(_: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let default = ScaledElu::<f32>::onnx();
    let alpha = node.get_attr_opt("alpha")?.unwrap_or(default.alpha);
    let scale = node.get_attr_opt("gamma")?.unwrap_or(default.scale);
    Ok((operation::scaled_elu(alpha, scale).into_hir(), vec![]))
}

fn elu(_: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let alpha = node.get_attr_opt("alpha")?.unwrap_or(1.0);
    Ok((operation::scaled_elu(alpha, 1.0).into_hir(), vec![]))
}

/// The operation in the graph of a model.
mod operation {
    use super::ScaledElu as Function;
    use half::slice::HalfFloatSliceExt;
    use tract_onnx::tract_hir::internal::*;

    element_wise!(scaled_elu, ScaledElu { alpha: f32, scale: f32 },
        [f16] => |op, xs| {
            let mut wide = xs.to_f32_vec();
            Function { alpha: op.alpha, scale: op.scale }.apply_slice(&mut wide);
            xs.convert_from_f32_slice(&wide);
            Ok(())
        },
        [f32] => |op, xs| {
            Function { alpha: op.alpha, scale: op.scale }.apply_slice(xs);
            Ok(())
        },
        [f64] => |op, xs| {
            Function { alpha: op.alpha.into(), scale: op.scale.into() }.apply_slice(xs);
            Ok(())
        }
    );
}
