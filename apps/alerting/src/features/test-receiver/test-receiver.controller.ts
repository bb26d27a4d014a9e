import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags, ApiTooManyRequestsResponse } from '@nestjs/swagger';
import { ReceiverTestBody, ReceiverTestView, receiverTestView } from './receiver-test.dto.js';
import { ReceiverTests } from './receiver-tests.js';

@ApiTags('notifications')
@Controller('v1/notification-policy')
export class TestReceiverController {
  constructor(private readonly tests: ReceiverTests) {}

  @Post('test')
  @ApiOperation({ summary: "Sends one receiver of the tenant's policy a test, and says what came of it" })
  @Roles('operator')
  @HttpCode(200)
  @ApiOkResponse({ type: ReceiverTestView })
  @ApiNotFoundResponse({ description: '`notification-policy-not-found`' })
  @ApiTooManyRequestsResponse({ description: '`receiver-test-limit`: another test is under way' })
  async test(@CurrentOperator() operator: Operator, @Body() { receiver }: ReceiverTestBody): Promise<ReceiverTestView> {
    return receiverTestView(await this.tests.test(operator, receiver));
  }
}
